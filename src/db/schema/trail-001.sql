CREATE TABLE visit (id ID PRIMARY KEY, site_id INT8 NOT NULL, visitor_id INT8 NOT NULL, began_at INT8 NOT NULL, visits_before INT8 NOT NULL,
  landing_url TEXT NOT NULL, landing_cut INT8 NOT NULL, referrer TEXT NOT NULL, referrer_cut INT8 NOT NULL,
  channel TEXT NOT NULL, engine TEXT NOT NULL, source_host TEXT NOT NULL, search_term TEXT NOT NULL, bid_keyword TEXT NOT NULL, provenance TEXT NOT NULL,
  device TEXT NOT NULL, os TEXT NOT NULL, browser TEXT NOT NULL, language TEXT NOT NULL, screen TEXT NOT NULL, region TEXT NOT NULL);
CREATE INDEX visit_visitor ON visit (visitor_id, id);
CREATE TABLE page_view (visit_id INT8 NOT NULL, n INT8 NOT NULL, at INT8 NOT NULL, url TEXT NOT NULL, url_cut INT8 NOT NULL, title TEXT NOT NULL, PRIMARY KEY (visit_id, n));
CREATE TABLE dwell (visit_id INT8 NOT NULL, n INT8 NOT NULL, at INT8 NOT NULL, ms INT8 NOT NULL);
CREATE INDEX dwell_visit ON dwell (visit_id, n);
CREATE TABLE click (visit_id INT8 NOT NULL, n INT8 NOT NULL, at INT8 NOT NULL, anchor TEXT NOT NULL);
CREATE INDEX click_visit ON click (visit_id);
