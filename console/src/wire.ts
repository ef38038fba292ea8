// Made from wire/wire.yaml by wire/generate.py; do not edit.

export const roles = ['agent', 'supervisor', 'marketing', 'desk', 'onsite', 'care', 'manager', 'admin'] as const
export type Role = (typeof roles)[number]

export const states = ['opened', 'waiting', 'active', 'closed'] as const
export type State = (typeof states)[number]

export const consents = ['unasked', 'granted', 'refused', 'withdrawn'] as const
export type Consent = (typeof consents)[number]

export const senders = ['visitor', 'agent', 'system'] as const
export type Sender = (typeof senders)[number]

export const endReasons = ['none', 'visitor_left', 'agent_closed', 'timeout', 'message_left'] as const
export type EndReason = (typeof endReasons)[number]

export const channels = ['direct', 'search', 'ad', 'social', 'ai', 'email', 'link', 'campaign', 'unknown'] as const
export type Channel = (typeof channels)[number]

export interface Error {
  /** stable word for programs */
  code: string
  /** one sentence for people, in their language */
  message: string
  /** the member at fault */
  field?: string
  /** seconds */
  retry_after?: number
}

export interface Done {
  ok: boolean
}

export type Empty = Record<string, never>

export interface Login {
  login: string
  password: string
}

export interface Me {
  user: User
  csrf: string
  permissions: string[]
  own_only: boolean
  server_time: string
  version: string
  sites: Site[]
  dimensions: Dimension[]
  colleagues: Colleague[]
  demo: boolean
}

export interface Colleague {
  id: string
  name: string
  role: Role
  disabled: boolean
}

export interface User {
  id: string
  login: string
  name: string
  role: Role
  language: 'zh' | 'en'
  disabled: boolean
  must_change: boolean
  created_at: string
}

export interface Users {
  users: User[]
  roles: RoleRow[]
}

export interface RoleRow {
  code: Role
  own_only: boolean
  permissions: string[]
}

export interface UserNew {
  login: string
  name: string
  role: 'agent' | 'supervisor' | 'marketing' | 'desk' | 'onsite' | 'care' | 'manager' | 'admin'
  password?: string
  language?: 'zh' | 'en'
}

export interface UserMade {
  user: User
  first_password: string | null
}

export interface UserChange {
  name?: string
  role?: 'agent' | 'supervisor' | 'marketing' | 'desk' | 'onsite' | 'care' | 'manager' | 'admin'
  disabled?: boolean
  reset_password?: boolean
  password?: string
}

export interface RoleChange {
  own_only: boolean
}

export interface MeChange {
  language?: 'zh' | 'en'
  name?: string
}

export interface PasswordChange {
  old: string
  new: string
}

export interface Csrf {
  csrf: string
}

export interface Site {
  id: string
  key: string
  name: string
  origins: string[]
  time_zone: string
  settings: SiteSettings
  retired: boolean
  created_at: string
  install: string
}

export interface SiteSettings {
  /** registered name, shown to visitors */
  institution: string
  greeting_zh: string
  greeting_en: string
  invitation_zh: string
  invitation_en: string
  /** seconds on a page before the one invitation; 0 never */
  invite_after: number
  /** of keeping health details */
  purpose_zh: string
  purpose_en: string
  retention_days: number
  privacy_url: string
  /** seconds of silence after which a conversation ends by timeout */
  close_after: number
  /** consulting hours in words, shown when nobody is there */
  hours_zh: string
  hours_en: string
  emergency_zh: string
  emergency_en: string
}

export interface SiteSettingsChange {
  institution?: string
  greeting_zh?: string
  greeting_en?: string
  invitation_zh?: string
  invitation_en?: string
  invite_after?: number
  purpose_zh?: string
  purpose_en?: string
  retention_days?: number
  privacy_url?: string
  close_after?: number
  hours_zh?: string
  hours_en?: string
  emergency_zh?: string
  emergency_en?: string
}

export interface SiteNew {
  name: string
  origins?: string[]
  time_zone?: string
  institution?: string
}

export interface SiteChange {
  name?: string
  origins?: string[]
  time_zone?: string
  retired?: boolean
  settings?: unknown
}

export interface Sites {
  sites: Site[]
}

export interface Dimension {
  id: string
  code: string
  name_zh: string
  name_en: string
  labels: Label[]
}

export interface Label {
  id: string
  code: string
  name_zh: string
  name_en: string
  short_zh: string
  short_en: string
  color: string
  shortcut: string
}

export interface Dimensions {
  dimensions: Dimension[]
}

export interface Canned {
  id: string
  site_id: string | null
  title: string
  shortcut: string
  body: string
  position: number
}

export interface CannedList {
  canned: Canned[]
}

export interface CannedNew {
  site_id?: string | null
  title: string
  shortcut?: string
  body: string
  position?: number
}

export interface CannedChange {
  site_id?: string | null
  title?: string
  shortcut?: string
  body?: string
  position?: number
}

export interface Conversation {
  id: string
  /** change number: newer wins */
  seq: number
  site_id: string
  /** null: the visitor was erased */
  visitor_id: string | null
  /** four characters people can say; empty when erased */
  visitor_code: string
  /** may be empty */
  visitor_name: string
  state: State
  agent_id: string | null
  /** form: left as a message when nobody was there */
  origin: 'chat' | 'form'
  opened_at: string
  /** the visitor's first message, or an agent's taking it */
  started_at: string | null
  taken_at: string | null
  closed_at: string | null
  ended_by: Sender | null
  end_reason: EndReason
  last_number: number
  last_at: string | null
  last_from: Sender | null
  /** start of the last message, contacts masked; empty in lists that do not need it */
  last_text: string
  /** the visitor waits since then */
  unanswered_since: string | null
  visitor_count: number
  agent_count: number
  first_visitor_at: string | null
  first_agent_at: string | null
  first_response_ms: number | null
  visitor_read: number
  consent: Consent
  consent_at: string | null
  /** false: bodies were erased */
  kept: boolean
  source: Source
  chat_url: string
  chat_cut: boolean
  chat_title: string
  anchor: string
  device: Device
  marks: Mark[]
  /** how many were found or left */
  contacts: number
  /** a tab of the visitor is connected now */
  online: boolean
}

export interface Source {
  channel: Channel
  engine: string
  host: string
  search_term: string
  bid_keyword: string
  provenance: string
  landing_url: string
  landing_cut: boolean
  referrer: string
  referrer_cut: boolean
}

export interface Device {
  kind: 'phone' | 'tablet' | 'desktop' | 'unknown'
  os: string
  browser: string
  language: string
  screen: string
  region: string
}

export interface Mark {
  dimension_id: string
  label_id: string | null
  by: string | null
  at: string
}

export interface MarkHistory {
  history: MarkChange[]
}

export interface MarkChange {
  dimension_id: string
  from_label: string | null
  to_label: string | null
  by: string
  by_name: string
  at: string
}

export interface Message {
  number: number
  key: string
  sender: Sender
  agent_id: string | null
  name: string
  at: string
  text: string
  erased: boolean
}

export interface Messages {
  messages: Message[]
  last_number: number
  seq: number
}

export interface Contact {
  id: string
  kind: 'phone' | 'landline' | 'name' | 'time' | 'other'
  masked: string
  number: number
  at: string
}

export interface Reception {
  /** the answer holds all changes up to this one */
  seq: number
  /** false: only what changed since `since`; the rest stays as it is known */
  whole: boolean
  server_time: string
  conversations: Conversation[]
}

export interface ConversationFull {
  conversation: Conversation
  messages: Message[]
  contacts: Contact[]
  visitor: Visitor
}

export interface Visitor {
  id: string | null
  code: string
  name: string
  note: string
  erased: boolean
  visits: Visit[]
  conversations: Conversation[]
}

export interface Visit {
  id: string
  began_at: string
  source: Source
  device: Device
  visits_before: number
  pages: Page[]
}

export interface Page {
  n: number
  at: string
  url: string
  url_cut: boolean
  title: string
  dwell_ms: number | null
  clicks: string[]
}

export interface ConversationList {
  conversations: Conversation[]
  next: string | null
  /** where asked for */
  total?: number
}

export interface Revealed {
  name: string
  note: string
  messages: Message[]
  contacts: ContactFull[]
}

export interface ContactFull {
  id: string
  kind: 'phone' | 'landline' | 'name' | 'time' | 'other'
  value: string
  number: number
  at: string
}

export interface Say {
  key: string
  text: string
}

export interface Said {
  number: number
  key: string
  at: string
}

export interface MarkSet {
  dimension_id: string
  label_id?: string | null
}

export interface VisitorChange {
  name?: string
  note?: string
}

export interface LiveVisitor {
  visitor_id: string
  visit_id: string
  code: string
  site_id: string
  name: string
  online: boolean
  conversation_id: string | null
  url: string
  title: string
  page_since: string
  began_at: string
  pages: number
  visits_before: number
  source: Source
  device: Device
  invited: 'no' | 'shown' | 'refused' | 'accepted'
}

export interface LiveVisitors {
  visitors: LiveVisitor[]
  total: number
}

export interface Today {
  day: string
  until: string
  before_until: string
  agent_id: string | null
  time_zone: string
  definition_version: number
  now: TodayFigures
  /** yesterday, until the same time of day */
  before: TodayFigures
  hours: TodayHour[]
  marks: TodayMark[]
  agents: TodayAgent[]
  sources: TodaySource[]
  attention: TodayAttention
}

export interface TodayFigures {
  conversations: number
  answered: number
  lost: number
  phones: number
  booked: number
  unmarked: number
  first_response_avg_ms: number | null
  first_response_p90_ms: number | null
  within_30s: number
  visitors: number | null
}

export interface TodayHour {
  hour: number
  now: number | null
  before: number
  lost: number
}

export interface TodayMark {
  dimension_id: string
  label_id: string | null
  now: number
  before: number
}

export interface TodayAgent {
  agent_id: string | null
  name: string
  conversations: number
  answered: number
  lost: number
  phones: number
  booked: number
  first_response_avg_ms: number | null
  unmarked: number
}

export interface TodaySource {
  channel: Channel
  engine: string
  conversations: number
  answered: number
  lost: number
  phones: number
  booked: number
}

export interface TodayAttention {
  waiting: number
  longest_wait_ms: number | null
  lost: number
  unmarked: number
  messages_left: number
}

export interface Audit {
  rows: AuditRow[]
  next: string | null
}

export interface AuditRow {
  n: number
  at: string
  actor: string
  actor_name: string
  act: string
  subject: string
  detail: unknown
}

export interface AuditCheck {
  rows: number
  broken_at: number | null
}

export interface Backup {
  directory: string
}

export interface Health {
  status: string
  version: string
}

export interface PageView {
  site: string
  visitor?: string
  url: string
  referrer?: string
  title?: string
  screen?: string
  language?: string
  key?: string
}

export interface PageViewed {
  visitor: string
  visit: string
  n: number
  widget: WidgetSettings
}

export interface WidgetSettings {
  institution: string
  greeting_zh: string
  greeting_en: string
  invitation_zh: string
  invitation_en: string
  invite_after: number
  purpose_zh: string
  purpose_en: string
  retention_days: number
  privacy_url: string
  hours_zh: string
  hours_en: string
  emergency_zh: string
  emergency_en: string
  agents_online: boolean
}

export interface Beacon {
  site: string
  visitor: string
  visit: string
  n: number
  dwell_ms?: number
  anchor?: string
  invite?: 'none' | 'shown' | 'refused' | 'accepted'
}

export interface Hello {
  site: string
  visitor: string
  visit?: string | null
  n?: number
  since?: number
  conversation?: string | null
}

export interface ChatOpen {
  url?: string
  title?: string
  anchor?: string
}

export interface ChatConsent {
  consent: 'granted' | 'refused' | 'withdrawn'
}

export interface ChatTyping {
  text?: string
}

export interface ChatRead {
  number: number
}

export interface LeftMessage {
  site: string
  visitor: string
  visit?: string | null
  key: string
  phone: string
  name?: string
  time?: string
  text?: string
  consent: boolean
  url?: string
  title?: string
  anchor?: string
}

export interface Poll {
  site: string
  visitor: string
  since?: number
  conversation?: string | null
}

export interface ChatPost {
  site: string
  visitor: string
  visit?: string | null
  key: string
  text: string
  consent?: 'unasked' | 'granted' | 'refused' | 'withdrawn'
  url?: string
  title?: string
  anchor?: string
}

export interface ChatState {
  conversation: string | null
  state: State | null
  agent: ChatAgent | null
  consent: Consent
  messages: Message[]
  last_number: number
  agent_read: number
  agents_online: boolean
}

export interface ChatAgent {
  id: string
  name: string
  role: Role
}

export interface DeskHello {
  since?: number
  csrf: string
}

export interface DeskSay {
  conversation: string
  key: string
  text: string
}

export interface DeskTyping {
  conversation: string
  typing?: boolean
}

export interface DeskRead {
  conversation: string
  number: number
}

export interface DeskPresence {
  available: boolean
}

export type VisitorIn =
  | ({ t: 'hello'; re?: string } & Hello)
  | ({ t: 'open'; re?: string } & ChatOpen)
  | ({ t: 'consent'; re?: string } & ChatConsent)
  | ({ t: 'say'; re?: string } & Say)
  | ({ t: 'typing'; re?: string } & ChatTyping)
  | ({ t: 'read'; re?: string } & ChatRead)
  | ({ t: 'end'; re?: string })

export type VisitorPush =
  | ({ t: 'message' } & Message)
  | { t: 'state'; conversation: string; state: State; agent: ChatAgent | null; agent_read: number; consent: Consent }
  | { t: 'typing'; on: boolean }
  | { t: 'invite'; text_zh: string; text_en: string }
  | { t: 'agents'; online: boolean }

// What the answer { t: 'ok', re } to each frame carries beside them.
export interface VisitorAnswers {
  hello: ChatState
  open: ChatState
  consent: Done
  say: Said
  read: Done
  end: Done
}

export type VisitorAnswer =
  | ({ t: 'ok'; re: string } & VisitorAnswers[keyof VisitorAnswers])
  | ({ t: 'error'; re: string } & Error)

export type DeskIn =
  | ({ t: 'hello'; re?: string } & DeskHello)
  | ({ t: 'say'; re?: string } & DeskSay)
  | ({ t: 'typing'; re?: string } & DeskTyping)
  | ({ t: 'read'; re?: string } & DeskRead)
  | ({ t: 'presence'; re?: string } & DeskPresence)

export type DeskPush =
  | ({ t: 'conversation' } & Conversation)
  | { t: 'gone'; id: string; seq: number }
  | { t: 'message'; conversation: string; seq: number; message: Message }
  | { t: 'typing'; conversation: string; text: string }
  | { t: 'visitors'; changed: boolean }
  | { t: 'signed_out'; reason: string }

// What the answer { t: 'ok', re } to each frame carries beside them.
export interface DeskAnswers {
  hello: Reception
  say: Said
  read: Done
}

export type DeskAnswer =
  | ({ t: 'ok'; re: string } & DeskAnswers[keyof DeskAnswers])
  | ({ t: 'error'; re: string } & Error)

export const routes = {
  health: { method: 'GET', path: '/healthz' },
  metrics: { method: 'GET', path: '/metrics' },
  login: { method: 'POST', path: '/api/login' },
  logout: { method: 'POST', path: '/api/logout' },
  logout_everywhere: { method: 'POST', path: '/api/logout-everywhere' },
  me: { method: 'GET', path: '/api/me' },
  me_change: { method: 'PATCH', path: '/api/me' },
  password_change: { method: 'POST', path: '/api/me/password' },
  users: { method: 'GET', path: '/api/users' },
  user_new: { method: 'POST', path: '/api/users' },
  user_change: { method: 'PATCH', path: '/api/users/{id}' },
  role_change: { method: 'PATCH', path: '/api/roles/{code}' },
  sites: { method: 'GET', path: '/api/sites' },
  site_new: { method: 'POST', path: '/api/sites' },
  site_change: { method: 'PATCH', path: '/api/sites/{id}' },
  dimensions: { method: 'GET', path: '/api/dimensions' },
  canned_list: { method: 'GET', path: '/api/canned' },
  canned_new: { method: 'POST', path: '/api/canned' },
  canned_change: { method: 'PATCH', path: '/api/canned/{id}' },
  canned_delete: { method: 'DELETE', path: '/api/canned/{id}' },
  reception: { method: 'GET', path: '/api/reception' },
  live_visitors: { method: 'GET', path: '/api/visitors' },
  visitor: { method: 'GET', path: '/api/visitors/{id}' },
  visitor_change: { method: 'PATCH', path: '/api/visitors/{id}' },
  invite: { method: 'POST', path: '/api/visitors/{id}/invite' },
  visitor_erase: { method: 'POST', path: '/api/visitors/{id}/erase' },
  conversations: { method: 'GET', path: '/api/conversations' },
  conversations_csv: { method: 'GET', path: '/api/conversations.csv' },
  conversation: { method: 'GET', path: '/api/conversations/{id}' },
  messages: { method: 'GET', path: '/api/conversations/{id}/messages' },
  take: { method: 'POST', path: '/api/conversations/{id}/take' },
  say: { method: 'POST', path: '/api/conversations/{id}/messages' },
  close: { method: 'POST', path: '/api/conversations/{id}/close' },
  mark_set: { method: 'POST', path: '/api/conversations/{id}/marks' },
  mark_history: { method: 'GET', path: '/api/conversations/{id}/marks' },
  reveal: { method: 'POST', path: '/api/conversations/{id}/reveal' },
  today: { method: 'GET', path: '/api/today' },
  audit: { method: 'GET', path: '/api/audit' },
  audit_check: { method: 'POST', path: '/api/audit/check' },
  backup: { method: 'POST', path: '/api/backup' },
  desk_socket: { method: 'GET', path: '/api/live' },
  page_view: { method: 'POST', path: '/w/view' },
  beacon: { method: 'POST', path: '/w/beacon' },
  left_message: { method: 'POST', path: '/w/message' },
  chat_post: { method: 'POST', path: '/w/say' },
  poll: { method: 'POST', path: '/w/poll' },
  visitor_socket: { method: 'GET', path: '/w/live' },
} as const
export type RouteName = keyof typeof routes

// What each route takes and gives, by its name.
export interface Calls {
  health: { path: {}; query: {}; in: undefined; out: Health }
  metrics: { path: {}; query: {}; in: undefined; out: string }
  login: { path: {}; query: {}; in: Login; out: Me }
  logout: { path: {}; query: {}; in: undefined; out: Done }
  logout_everywhere: { path: {}; query: {}; in: undefined; out: Done }
  me: { path: {}; query: {}; in: undefined; out: Me }
  me_change: { path: {}; query: {}; in: MeChange; out: Me }
  password_change: { path: {}; query: {}; in: PasswordChange; out: Csrf }
  users: { path: {}; query: {}; in: undefined; out: Users }
  user_new: { path: {}; query: {}; in: UserNew; out: UserMade }
  user_change: { path: { id: string }; query: {}; in: UserChange; out: UserMade }
  role_change: { path: { code: string }; query: {}; in: RoleChange; out: RoleRow }
  sites: { path: {}; query: {}; in: undefined; out: Sites }
  site_new: { path: {}; query: {}; in: SiteNew; out: Site }
  site_change: { path: { id: string }; query: {}; in: SiteChange; out: Site }
  dimensions: { path: {}; query: {}; in: undefined; out: Dimensions }
  canned_list: { path: {}; query: {}; in: undefined; out: CannedList }
  canned_new: { path: {}; query: {}; in: CannedNew; out: Canned }
  canned_change: { path: { id: string }; query: {}; in: CannedChange; out: Canned }
  canned_delete: { path: { id: string }; query: {}; in: undefined; out: Done }
  reception: { path: {}; query: {}; in: undefined; out: Reception }
  live_visitors: { path: {}; query: { site?: string; limit?: number }; in: undefined; out: LiveVisitors }
  visitor: { path: { id: string }; query: {}; in: undefined; out: Visitor }
  visitor_change: { path: { id: string }; query: {}; in: VisitorChange; out: Done }
  invite: { path: { id: string }; query: {}; in: Empty; out: Done }
  visitor_erase: { path: { id: string }; query: {}; in: Empty; out: Done }
  conversations: { path: {}; query: { from?: string; to?: string; site?: string; agent?: string; state?: State; channel?: Channel; engine?: string; label?: string; unmarked?: string; only?: 'answered' | 'lost' | 'phones' | 'booked' | 'form' | 'waiting' | 'counted'; search?: string; visitor?: string; cursor?: string; limit?: number; total?: boolean }; in: undefined; out: ConversationList }
  conversations_csv: { path: {}; query: { from?: string; to?: string; site?: string; agent?: string; state?: State; channel?: Channel; engine?: string; label?: string; unmarked?: string; only?: 'answered' | 'lost' | 'phones' | 'booked' | 'form' | 'waiting' | 'counted'; search?: string; visitor?: string }; in: undefined; out: string }
  conversation: { path: { id: string }; query: {}; in: undefined; out: ConversationFull }
  messages: { path: { id: string }; query: { after?: number; limit?: number }; in: undefined; out: Messages }
  take: { path: { id: string }; query: {}; in: Empty; out: Conversation }
  say: { path: { id: string }; query: {}; in: Say; out: Said }
  close: { path: { id: string }; query: {}; in: Empty; out: Conversation }
  mark_set: { path: { id: string }; query: {}; in: MarkSet; out: Conversation }
  mark_history: { path: { id: string }; query: {}; in: undefined; out: MarkHistory }
  reveal: { path: { id: string }; query: {}; in: Empty; out: Revealed }
  today: { path: {}; query: { site?: string; day?: string }; in: undefined; out: Today }
  audit: { path: {}; query: { cursor?: string; limit?: number }; in: undefined; out: Audit }
  audit_check: { path: {}; query: {}; in: Empty; out: AuditCheck }
  backup: { path: {}; query: {}; in: Backup; out: Done }
  page_view: { path: {}; query: {}; in: PageView; out: PageViewed }
  beacon: { path: {}; query: {}; in: Beacon; out: Done }
  left_message: { path: {}; query: {}; in: LeftMessage; out: Said }
  chat_post: { path: {}; query: {}; in: ChatPost; out: Said }
  poll: { path: {}; query: {}; in: Poll; out: ChatState }
}
