// The messages of one conversation, kept by number. Pure.
import type { Message } from '../wire';

export class Lines {
    private byNumber = new Map<number, Message>();
    private keys = new Set<string>();
    /** Every number up to here is known. */
    high = 0;

    /** Takes messages in any order and any number of times. False: one of them contradicts a known
        one, so that this is another conversation than we believe. */
    merge(messages: Message[]): boolean {
        for (const m of messages) {
            const known = this.byNumber.get(m.number);
            if (known && known.key !== m.key) return false;
            this.byNumber.set(m.number, m);
            if (m.sender === 'visitor') this.keys.add(m.key);
        }
        while (this.byNumber.has(this.high + 1)) this.high++;
        return true;
    }

    /** Numbers are missing before the last one. */
    get gap(): boolean {
        return this.byNumber.size > this.high;
    }

    /** Is a message of ours with this key among them? */
    has(key: string): boolean {
        return this.keys.has(key);
    }

    /** In order of their numbers. */
    all(): Message[] {
        return Array.from(this.byNumber.values()).sort((a, b) => a.number - b.number);
    }

    /** Those of others after a number. */
    after(number: number): Message[] {
        return this.all().filter((m) => m.sender === 'agent' && m.number > number);
    }

    get last(): number {
        return this.all().reduce((n, m) => Math.max(n, m.number), 0);
    }
}
