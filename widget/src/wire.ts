// Made from wire/wire.yaml by wire/generate.py; do not edit.

export type Role = 'agent' | 'supervisor' | 'marketing' | 'desk' | 'onsite' | 'care' | 'manager' | 'admin'

export type State = 'opened' | 'waiting' | 'active' | 'closed'

export type Consent = 'unasked' | 'granted' | 'refused' | 'withdrawn'

export type Sender = 'visitor' | 'agent' | 'system'

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

export interface Say {
  key: string
  text: string
}

export interface Said {
  number: number
  key: string
  at: string
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

// What each route takes and gives, by its name.
export interface Calls {
  page_view: { path: {}; query: {}; in: PageView; out: PageViewed }
  beacon: { path: {}; query: {}; in: Beacon; out: Done }
  left_message: { path: {}; query: {}; in: LeftMessage; out: Said }
  chat_post: { path: {}; query: {}; in: ChatPost; out: Said }
  poll: { path: {}; query: {}; in: Poll; out: ChatState }
}

export type Path = '/w/view' | '/w/beacon' | '/w/message' | '/w/say' | '/w/poll' | '/w/live'
