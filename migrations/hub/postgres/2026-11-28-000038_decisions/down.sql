DROP TABLE decisions;
DROP TABLE concealments;
