// From a figure to the rows behind it: the filter that the conversations screen understands.
// `counted` leaves out windows that were opened without a word: no figure counts them.
import type { LocationQueryRaw } from 'vue-router'
import { dayAdd, momentOf } from '../time'
import type { Today } from '../wire'

function counted(data: Today): LocationQueryRaw {
  return data.agent_id ? { only: 'counted', agent: data.agent_id } : { only: 'counted' }
}
export function rowsOf(data: Today, more: LocationQueryRaw = {}): LocationQueryRaw {
  return { from: data.day, to: data.day, ...counted(data), ...more }
}
/** The day before until the same time of day. */
export function rowsBefore(data: Today, more: LocationQueryRaw = {}): LocationQueryRaw {
  const day = dayAdd(data.day, -1)
  const whole = Date.parse(data.before_until) >= momentOf(data.day, data.time_zone)
  return { from: day, to: whole ? day : data.before_until, ...counted(data), ...more }
}
export function rowsOfHour(data: Today, hour: number, before: boolean, more: LocationQueryRaw = {}): LocationQueryRaw {
  const day = before ? dayAdd(data.day, -1) : data.day
  return { from: new Date(momentOf(day, data.time_zone, hour)).toISOString(),
    to: new Date(momentOf(day, data.time_zone, hour + 1)).toISOString(), ...counted(data), ...more }
}
