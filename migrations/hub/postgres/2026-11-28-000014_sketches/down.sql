DROP TABLE entry_sketches;
