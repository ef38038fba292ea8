// The second file: loaded when somebody wants to talk, or when something waits to be sent.
import type { ChatWindow, House } from '../house';
import { Panel } from './panel';

(window as any).laiyu._((house: House): ChatWindow => new Panel(house));
