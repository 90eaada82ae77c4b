DROP TABLE widget_scripts;
DROP TABLE widget_views;
DROP TABLE widgets;
