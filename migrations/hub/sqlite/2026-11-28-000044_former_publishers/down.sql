DROP TABLE former_publishers;
