CREATE TABLE house (name TEXT PRIMARY KEY, value BYTES NOT NULL);
CREATE TABLE site (id ID PRIMARY KEY, key TEXT NOT NULL UNIQUE, name TEXT NOT NULL, origins TEXT NOT NULL, time_zone TEXT NOT NULL, settings TEXT NOT NULL, created_at INT8 NOT NULL, retired_at INT8 NOT NULL);
CREATE TABLE users (id ID PRIMARY KEY, login TEXT NOT NULL UNIQUE, name TEXT NOT NULL, role TEXT NOT NULL, language TEXT NOT NULL, password TEXT NOT NULL, disabled INT8 NOT NULL, must_change INT8 NOT NULL, failures INT8 NOT NULL, retry_at INT8 NOT NULL, created_at INT8 NOT NULL);
CREATE TABLE role (code TEXT PRIMARY KEY, own_only INT8 NOT NULL);
CREATE TABLE session (id ID PRIMARY KEY, hash BYTES NOT NULL UNIQUE, user_id INT8 NOT NULL, created_at INT8 NOT NULL, used_at INT8 NOT NULL);
CREATE INDEX session_of_user ON session (user_id);
CREATE TABLE audit (n ID PRIMARY KEY, at INT8 NOT NULL, actor TEXT NOT NULL, act TEXT NOT NULL, subject TEXT NOT NULL, detail TEXT NOT NULL, hash BYTES NOT NULL);
CREATE TABLE idempotency (user_id INT8 NOT NULL, key TEXT NOT NULL, request BYTES NOT NULL, status INT8 NOT NULL, body TEXT NOT NULL, at INT8 NOT NULL, PRIMARY KEY (user_id, key));
CREATE INDEX idempotency_at ON idempotency (at);
CREATE TABLE conversation (
  id ID PRIMARY KEY, site_id INT8 NOT NULL, visitor_id INT8 NOT NULL, visit_id INT8 NOT NULL, medium TEXT NOT NULL,
  state TEXT NOT NULL, agent_id INT8 NOT NULL, origin TEXT NOT NULL,
  opened_at INT8 NOT NULL, started_at INT8 NOT NULL, taken_at INT8 NOT NULL, closed_at INT8 NOT NULL, ended_by TEXT NOT NULL, end_reason TEXT NOT NULL,
  last_number INT8 NOT NULL, last_at INT8 NOT NULL, last_from TEXT NOT NULL, unanswered_since INT8 NOT NULL,
  visitor_count INT8 NOT NULL, agent_count INT8 NOT NULL, first_visitor_at INT8 NOT NULL, first_agent_at INT8 NOT NULL,
  visitor_read INT8 NOT NULL, agent_read INT8 NOT NULL,
  consent TEXT NOT NULL, consent_at INT8 NOT NULL, bodies_erased_at INT8 NOT NULL,
  channel TEXT NOT NULL, engine TEXT NOT NULL, source_host TEXT NOT NULL, search_term TEXT NOT NULL, bid_keyword TEXT NOT NULL, provenance TEXT NOT NULL,
  landing_url TEXT NOT NULL, landing_cut INT8 NOT NULL, referrer TEXT NOT NULL, referrer_cut INT8 NOT NULL, chat_url TEXT NOT NULL, chat_cut INT8 NOT NULL, chat_title TEXT NOT NULL, anchor TEXT NOT NULL,
  device TEXT NOT NULL, os TEXT NOT NULL, browser TEXT NOT NULL, language TEXT NOT NULL, screen TEXT NOT NULL, region TEXT NOT NULL, visits_before INT8 NOT NULL,
  change_seq INT8 NOT NULL);
CREATE INDEX conversation_change ON conversation (change_seq);
CREATE INDEX conversation_visitor ON conversation (visitor_id, id);
CREATE INDEX conversation_started ON conversation (started_at, id);
CREATE INDEX conversation_sort ON conversation ((CASE started_at WHEN 0 THEN opened_at ELSE started_at END), id);
CREATE INDEX conversation_closed ON conversation (closed_at) WHERE closed_at > 0;
CREATE INDEX conversation_kept ON conversation (site_id, closed_at) WHERE bodies_erased_at = 0 AND closed_at > 0;
CREATE INDEX conversation_open ON conversation (state, id) WHERE state <> 'closed';
CREATE TABLE message (conversation_id INT8 NOT NULL, number INT8 NOT NULL, key TEXT NOT NULL, sender TEXT NOT NULL, agent_id INT8 NOT NULL, at INT8 NOT NULL, body BYTES NOT NULL, PRIMARY KEY (conversation_id, number));
CREATE UNIQUE INDEX message_key ON message (conversation_id, key);
CREATE TABLE visitor_card (visitor_id ID PRIMARY KEY, site_id INT8 NOT NULL, name BYTES NOT NULL, note BYTES NOT NULL, erased_at INT8 NOT NULL, changed_by INT8 NOT NULL, changed_at INT8 NOT NULL);
CREATE INDEX visitor_card_kept ON visitor_card (site_id, changed_at) WHERE erased_at = 0;
CREATE TABLE contact (id ID PRIMARY KEY, conversation_id INT8 NOT NULL, visitor_id INT8 NOT NULL, number INT8 NOT NULL, kind TEXT NOT NULL, value BYTES NOT NULL, masked TEXT NOT NULL, blind BYTES NOT NULL, tail BYTES NOT NULL, at INT8 NOT NULL);
CREATE INDEX contact_conversation ON contact (conversation_id);
CREATE INDEX contact_visitor ON contact (visitor_id);
CREATE INDEX contact_blind ON contact (blind);
CREATE TABLE dimension (id ID PRIMARY KEY, code TEXT NOT NULL UNIQUE, name_zh TEXT NOT NULL, name_en TEXT NOT NULL, position INT8 NOT NULL);
CREATE TABLE label (id ID PRIMARY KEY, dimension_id INT8 NOT NULL, code TEXT NOT NULL, name_zh TEXT NOT NULL, name_en TEXT NOT NULL, short_zh TEXT NOT NULL, short_en TEXT NOT NULL, color TEXT NOT NULL, shortcut TEXT NOT NULL, position INT8 NOT NULL);
CREATE UNIQUE INDEX label_code ON label (dimension_id, code);
CREATE TABLE mark (conversation_id INT8 NOT NULL, dimension_id INT8 NOT NULL, label_id INT8 NOT NULL, marked_by INT8 NOT NULL, at INT8 NOT NULL, PRIMARY KEY (conversation_id, dimension_id));
CREATE INDEX mark_label ON mark (label_id, conversation_id);
CREATE TABLE mark_history (id ID PRIMARY KEY, conversation_id INT8 NOT NULL, dimension_id INT8 NOT NULL, from_label INT8 NOT NULL, to_label INT8 NOT NULL, marked_by INT8 NOT NULL, at INT8 NOT NULL);
CREATE INDEX mark_history_conversation ON mark_history (conversation_id, id);
CREATE TABLE canned (id ID PRIMARY KEY, site_id INT8 NOT NULL, title TEXT NOT NULL, shortcut TEXT NOT NULL, body TEXT NOT NULL, position INT8 NOT NULL, changed_by INT8 NOT NULL, changed_at INT8 NOT NULL);
INSERT INTO dimension (id, code, name_zh, name_en, position) VALUES (1, 'patient', '患者属性', 'Patient', 1), (2, 'outcome', '对话类型', 'Outcome', 2), (3, 'conversion', '转化质量', 'Conversion', 3);
INSERT INTO label (id, dimension_id, code, name_zh, name_en, short_zh, short_en, color, shortcut, position) VALUES
 (11, 1, 'outside', '非患者', 'Not a patient', '非', 'N', 'outside', '1', 1), (12, 1, 'suspected', '疑似患者', 'Suspected', '疑', 'S', 'suspected', '2', 2), (13, 1, 'confirmed', '确诊患者', 'Confirmed', '确', 'C', 'confirmed', '3', 3), (14, 1, 'returning', '复诊患者', 'Returning', '复', 'R', 'returning', '4', 4),
 (21, 2, 'invalid', '无效', 'Invalid', '无效', 'Invalid', '', 'Q', 1), (22, 2, 'lost', '遗失', 'Lost', '遗失', 'Lost', '', 'W', 2), (23, 2, 'broken', '非正常结束', 'Broken off', '非正常', 'Broken', '', 'E', 3), (24, 2, 'completed', '正常结束', 'Completed', '正常', 'Done', '', 'R', 4),
 (31, 3, 'none', '无', 'None', '○', '○', '', 'A', 1), (32, 3, 'info', '有效信息', 'Information', '◔', '◔', '', 'S', 2), (33, 3, 'phone', '套电', 'Phone', '◑', '◑', '', 'D', 3), (34, 3, 'booked', '已预约', 'Booked', '●', '●', '', 'F', 4);
INSERT INTO role (code, own_only) VALUES ('agent', 0), ('supervisor', 0), ('marketing', 0), ('desk', 0), ('onsite', 0), ('care', 0), ('manager', 0), ('admin', 0);
