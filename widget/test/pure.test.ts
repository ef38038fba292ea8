import { webcrypto } from 'node:crypto'
import { describe, expect, it } from 'vitest';
import { DwellClock } from '../src/dwell';
import { addClosed, mayInvite, wasClosed, type InviteFacts } from '../src/invite';
import { PageCount, pageId } from '../src/page';
import { backoff, clean, clip, later, newKey } from '../src/text';
import { makeStore } from '../src/store';
import { phoneFault } from '../src/chat/phone';

// Browsers have it; Node.js 18 keeps it in a module.
globalThis.crypto ??= webcrypto as Crypto

describe('pages', () => {
    it.each([
        ['https://a.cn/x?q=1', 'https://a.cn/x?q=1'],
        ['https://a.cn/x#part', 'https://a.cn/x'],
        ['https://a.cn/x#', 'https://a.cn/x'],
        ['https://a.cn/x#/list', 'https://a.cn/x#/list'],
        ['https://a.cn/x#!/list', 'https://a.cn/x#!/list'],
    ])('%s is known as %s', (href, id) => expect(pageId(href)).toBe(id));

    it('counts an address once until it changes, and remembers the one before', () => {
        const c = new PageCount();
        expect(c.arrive('https://a.cn/')).toBe(true);
        expect(c.arrive('https://a.cn/')).toBe(false);
        expect(c.arrive('https://a.cn/#part')).toBe(false);
        expect(c.arrive('https://a.cn/b')).toBe(true);
        expect(c.before).toBe('https://a.cn/#part');
        expect(c.arrive('https://a.cn/b#/one')).toBe(true);
        expect(c.arrive('https://a.cn/b#/two')).toBe(true);
        expect(c.before).toBe('https://a.cn/b#/one');
    });
});

describe('dwell', () => {
    it('counts visible time only, and gives out each part once', () => {
        const d = new DwellClock();
        d.show(1000);
        expect(d.take(1500)).toBe(500);
        d.hide(1700);
        expect(d.take(9000)).toBe(200);
        expect(d.take(9000)).toBe(0);
        d.show(10_000);
        d.show(10_500); // shown again without having been hidden
        expect(d.take(11_000)).toBe(1000);
        expect(d.total(11_250)).toBe(1950);
    });
    it('never gives a negative time or more than a day', () => {
        const d = new DwellClock();
        d.show(1000);
        expect(d.take(500)).toBe(0);
        expect(d.take(500 + 3 * 86_400_000)).toBe(86_400_000);
    });
});

describe('text', () => {
    it('makes keys of 22 letters that do not repeat', () => {
        const keys = Array.from({ length: 500 }, newKey);
        expect(new Set(keys).size).toBe(500);
        for (const k of keys) expect(k).toMatch(/^[\w-]{22}$/);
    });
    it.each([
        ['abc', 2, 'ab'],
        ['手部', 5, '手'],
        ['手部', 6, '手部'],
        ['🙂a', 3, ''],
        ['🙂a', 4, '🙂'],
        ['é', 1, ''],
    ])('clips %s at %i bytes to %s', (text, max, want) => expect(clip(text, max)).toBe(want));
    it.each([
        ['a\0b', 'ab'],
        ['x\uD83D', 'x\uFFFD'],
        ['\uDE42x', '\uFFFDx'],
        ['🙂手', '🙂手'],
        ['a\nb\t', 'a\nb\t'],
    ])('cleans %j to %j', (text, want) => expect(clean(text)).toBe(want));
    it('doubles its pauses up to the largest, at least half of each', () => {
        expect(backoff(0, 1000, 30_000, 0)).toBe(500);
        expect(backoff(0, 1000, 30_000, 1)).toBe(1000);
        expect(backoff(3, 1000, 30_000, 1)).toBe(8000);
        expect(backoff(50, 1000, 30_000, 1)).toBe(30_000);
    });
    it('orders ids larger than a double can hold', () => {
        expect(later('9007199254740993', '9007199254740992')).toBe(true);
        expect(later('9007199254740992', '9007199254740993')).toBe(false);
        expect(later('10', '9')).toBe(true);
        expect(later('9', '9')).toBe(false);
    });
});

describe('invitation', () => {
    const facts: InviteFacts = {
        text: 'x', pushed: false, after: 30, seconds: 30, agentsOnline: true, talking: false,
        visit: '5', shownIn: '4', closedHere: false,
    };
    it.each<[string, Partial<InviteFacts>, boolean]>([
        ['after its time', {}, true],
        ['not before', { seconds: 29.9 }, false],
        ['never where it is switched off', { after: 0 }, false],
        ['not without a text', { text: '' }, false],
        ['not when nobody is there', { agentsOnline: false }, false],
        ['not twice in a visit', { shownIn: '5' }, false],
        ['not into a talk', { talking: true }, false],
        ['not on a page where it was closed', { closedHere: true }, false],
        ['at once when an agent sends it', { pushed: true, seconds: 0, shownIn: '5' }, true],
        ['not even then on a page where one was closed', { pushed: true, closedHere: true }, false],
    ])('%s', (_, change, want) => expect(mayInvite({ ...facts, ...change })).toBe(want));
    it('remembers fifty pages', () => {
        let list = '';
        for (let i = 0; i < 60; i++) list = addClosed(list, 'p' + i);
        expect(wasClosed(list, 'p59')).toBe(true);
        expect(wasClosed(list, 'p10')).toBe(true);
        expect(wasClosed(list, 'p9')).toBe(false);
        expect(wasClosed(list, 'p')).toBe(false);
    });
});

describe('phone', () => {
    it.each([
        ['13800000426', null],
        ['138 0000 0426', null],
        ['１３８００００４２６０', null],
        ['+86 138 0000 0426', null],
        ['0086-13800000426', null],
        ['010-6501 2345', null],
        ['(0755) 26012345 转 802', null],
        ['6501 2345', null],
        ['400 800 1234', null],
        ['+44 20 7946 0958', null],
        ['', { kind: 'empty' }],
        ['   ', { kind: 'empty' }],
        ['138 0000 04', { kind: 'short', missing: 2 }],
        ['+86 138 0000 042', { kind: 'short', missing: 1 }],
        ['138000004261', { kind: 'long' }],
        ['微信 abc', { kind: 'letters' }],
        ['138+00000426', { kind: 'letters' }],
    ])('%s', (text, want) => expect(phoneFault(text)).toEqual(want));
});

describe('store', () => {
    const full = { getItem: () => null, setItem: () => { throw new Error('full'); }, removeItem: () => {}, key: () => null, length: 0 };
    it.each([['blocked', null], ['full', full]])('keeps in memory where storage is %s', (_, shelf) => {
        const s = makeStore('p:', shelf);
        s.set('out:a', '1');
        expect(s.get('out:a')).toBe('1');
        expect(s.keys('out:')).toEqual(['out:a']);
        s.drop('out:a');
        expect(s.get('out:a')).toBe('');
    });
});
