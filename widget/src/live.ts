// The one socket of a tab: says hello, asks and is answered, hears pushes, comes back by itself.
import { backoff } from './text';
import type { ChatState, Hello } from './wire';

const CONNECT_MS = 8000;
const ANSWER_MS = 10_000;
const DEAD_AFTER = 2; // failures in a row before a socket ever opened: something on the way forbids them
const DEAD_RETRY_MS = 60_000;

export class Refused extends Error {
    constructor(
        public code: string,
        message: string,
        public retryAfter: number,
    ) {
        super(message);
    }
}

type Heard = (frame: any) => void;

export class Live {
    ready = false; // hello was answered
    dead = false; // sockets do not work here; requests do
    private socket: WebSocket | null = null;
    private wanted = false;
    private everOpen = false;
    private failures = 0;
    private timer = 0;
    private count = 0;
    private waiting = new Map<string, { yes: (f: any) => void; no: (e: Error) => void; timer: number }>();
    private heard: { [t: string]: Heard[] } = {};

    constructor(
        private url: string,
        private hello: () => Hello,
    ) {
        addEventListener('online', () => this.retryNow());
        addEventListener('offline', () => this.socket && this.lost(this.socket));
    }

    /** Names of pushes, and: "hello" (its answer), "down", "dead", "refused" (hello was turned away). */
    on(t: string, fn: Heard): void {
        (this.heard[t] = this.heard[t] || []).push(fn);
    }

    want(wanted: boolean): void {
        if (this.wanted === wanted) return;
        this.wanted = wanted;
        if (wanted) this.connect();
        else {
            clearTimeout(this.timer);
            if (this.socket) this.lost(this.socket);
        }
    }

    retryNow(): void {
        if (!this.wanted || this.socket) return;
        clearTimeout(this.timer);
        this.connect();
    }

    /** Sent if it can be; nobody waits for it. */
    send(t: string, fields: object): void {
        if (this.ready) this.write(Object.assign({ t }, fields));
    }

    /** The answer, a Refused, or an Error if the line broke: then nobody knows whether it arrived. */
    ask<T>(t: string, fields: object): Promise<T> {
        return new Promise((yes, no) => {
            const socket = this.socket;
            if (!socket || socket.readyState !== 1) return no(new Error('down'));
            const re = String(++this.count);
            // No answer in time is a dead line that nobody has told us about.
            const timer = window.setTimeout(() => this.lost(socket), ANSWER_MS);
            this.waiting.set(re, { yes, no, timer });
            this.write(Object.assign({ t, re }, fields));
        });
    }

    /** Read again from what is known; everybody who hears "hello" gets the answer. */
    async greet(): Promise<void> {
        try {
            const state = await this.ask<ChatState>('hello', this.hello());
            this.ready = true;
            this.failures = 0;
            this.tell('hello', state);
        } catch (e) {
            if (e instanceof Refused) {
                const socket = this.socket;
                if (socket) this.lost(socket, e.retryAfter * 1000);
                if (!e.retryAfter) this.tell('refused', e);
            }
        }
    }

    private connect(): void {
        let socket: WebSocket;
        try {
            socket = new WebSocket(this.url);
        } catch (e) {
            return this.failed(0);
        }
        this.socket = socket;
        const slow = window.setTimeout(() => this.lost(socket), CONNECT_MS);
        socket.onopen = () => {
            clearTimeout(slow);
            this.everOpen = true;
            this.dead = false;
            this.greet();
        };
        socket.onmessage = (e) => {
            if (this.socket === socket) this.hear(e.data);
        };
        socket.onclose = socket.onerror = () => {
            clearTimeout(slow);
            this.lost(socket);
        };
    }

    private hear(data: unknown): void {
        let frame: any;
        try {
            frame = JSON.parse(String(data));
        } catch (e) {
            return;
        }
        const asked = frame.re !== undefined && this.waiting.get(String(frame.re));
        if (!asked) return this.tell(frame.t, frame);
        this.waiting.delete(String(frame.re));
        clearTimeout(asked.timer);
        if (frame.t === 'error') {
            asked.no(new Refused(frame.code || '', frame.message || '', frame.retry_after || 0));
        } else asked.yes(frame);
    }

    private write(frame: object): void {
        const socket = this.socket;
        if (socket && socket.readyState === 1) socket.send(JSON.stringify(frame));
    }

    private lost(socket: WebSocket, wait = 0): void {
        if (this.socket !== socket) return;
        this.socket = null;
        this.ready = false;
        socket.onopen = socket.onmessage = socket.onclose = socket.onerror = null;
        socket.close();
        this.waiting.forEach((w) => {
            clearTimeout(w.timer);
            w.no(new Error('down'));
        });
        this.waiting.clear();
        this.tell('down', null);
        this.failed(wait);
    }

    private failed(wait: number): void {
        if (!this.wanted) return;
        this.failures++;
        // While the machine itself is offline a failure says nothing about sockets.
        if (!this.everOpen && this.failures >= DEAD_AFTER && navigator.onLine !== false && !this.dead) {
            this.dead = true;
            this.tell('dead', null);
        }
        const pause = this.dead ? DEAD_RETRY_MS : Math.max(wait, backoff(this.failures - 1));
        clearTimeout(this.timer);
        this.timer = window.setTimeout(() => this.connect(), pause);
    }

    private tell(t: string, frame: any): void {
        for (const fn of this.heard[t] || []) fn(frame);
    }
}
