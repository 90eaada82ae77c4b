DROP TABLE entry_citations;
DROP TABLE instruments;
