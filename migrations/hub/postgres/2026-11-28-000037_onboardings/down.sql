DROP TABLE onboardings;
