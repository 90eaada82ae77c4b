DROP TABLE legal_services;
DROP TABLE pins;
