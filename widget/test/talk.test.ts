import { describe, expect, it } from 'vitest';
import { Lines } from '../src/chat/lines';
import { Outbox } from '../src/chat/outbox';
import { makeStore } from '../src/store';
import type { Message } from '../src/wire';

const message = (number: number, sender: Message['sender'] = 'agent', key = 'k' + number): Message =>
    ({ number, key, sender, agent_id: null, name: '', at: '2026-01-01T00:00:00Z', text: 't' + number, erased: false }) as Message;

/** localStorage as several tabs share it. */
function shelf() {
    const map = new Map<string, string>();
    return {
        getItem: (k: string) => map.get(k) ?? null,
        setItem: (k: string, v: string) => void map.set(k, v),
        removeItem: (k: string) => void map.delete(k),
        key: (i: number) => Array.from(map.keys())[i] ?? null,
        get length() {
            return map.size;
        },
    };
}

describe('lines', () => {
    it('takes any order and any repetition, and ends up the same', () => {
        const all = [1, 2, 3, 4, 5, 6].map((n) => message(n));
        for (let round = 0; round < 50; round++) {
            const lines = new Lines();
            const mixed = all.concat(all).sort(() => Math.random() - 0.5);
            for (const m of mixed) expect(lines.merge([m])).toBe(true);
            expect(lines.all().map((m) => m.number)).toEqual([1, 2, 3, 4, 5, 6]);
            expect(lines.gap).toBe(false);
            expect(lines.high).toBe(6);
        }
    });
    it('knows when numbers are missing, and when not any more', () => {
        const lines = new Lines();
        lines.merge([message(1), message(3)]);
        expect([lines.high, lines.last, lines.gap]).toEqual([1, 3, true]);
        lines.merge([message(2)]);
        expect([lines.high, lines.last, lines.gap]).toEqual([3, 3, false]);
    });
    it('notices that it hears of another conversation', () => {
        const lines = new Lines();
        lines.merge([message(1)]);
        expect(lines.merge([message(1, 'agent', 'other')])).toBe(false);
    });
    it('knows its own by their keys only', () => {
        const lines = new Lines();
        lines.merge([message(1, 'visitor', 'mine'), message(2, 'agent', 'theirs'), message(3, 'system')]);
        expect(lines.has('mine')).toBe(true);
        expect(lines.has('theirs')).toBe(false);
        expect(lines.after(0).map((m) => m.number)).toEqual([2]);
        expect(lines.after(2)).toEqual([]);
    });
});

describe('outbox', () => {
    const store = (s = shelf()) => makeStore('laiyu:demo:', s);

    it('keeps the order of writing, also within one millisecond', () => {
        const box = new Outbox(store());
        ['a', 'b', 'c'].forEach((t, i) => box.add('k' + (9 - i), t, 1000));
        box.add('k0', 'd', 999);
        expect(box.all().map((l) => l.text)).toEqual(['d', 'a', 'b', 'c']);
    });
    it('is one box for all tabs, and outlives them', () => {
        const shared = shelf();
        const one = new Outbox(store(shared));
        const two = new Outbox(store(shared));
        one.add('k1', 'from one', 1);
        two.add('k2', 'from two', 2);
        expect(one.all().map((l) => l.key)).toEqual(['k1', 'k2']);
        two.drop('k1');
        expect(new Outbox(store(shared)).all().map((l) => l.key)).toEqual(['k2']);
    });
    it('belongs to its site', () => {
        const shared = shelf();
        new Outbox(makeStore('laiyu:a:', shared)).add('k', 't', 1);
        expect(new Outbox(makeStore('laiyu:b:', shared)).all()).toEqual([]);
    });
    it('sends the oldest that may be sent', () => {
        const box = new Outbox(store());
        const refused = box.add('k1', 'refused', 1_000_000_000);
        box.add('k0', 'a day old', 1_000_000_000 - 86_400_000);
        box.add('k2', 'next', 1_000_000_001);
        box.put({ ...refused, problem: 'too long' });
        expect(box.next(1_000_000_002)!.text).toBe('next');
        box.drop('k2');
        expect(box.next(1_000_000_002)).toBe(null);
        expect(box.all()).toHaveLength(2);
    });
    it('drops what it cannot read', () => {
        const shared = shelf();
        shared.setItem('laiyu:demo:out:bad', '{');
        shared.setItem('laiyu:demo:out:strange', '{"key":"other","text":"x"}');
        const box = new Outbox(store(shared));
        box.add('k', 'good', 1);
        expect(box.all().map((l) => l.text)).toEqual(['good']);
        expect(shared.getItem('laiyu:demo:out:bad')).toBe(null);
    });
});
