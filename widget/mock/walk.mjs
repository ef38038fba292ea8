// Walks through the widget against the server in memory: checks what it does and takes pictures of
// every state into widget/mock/shots/.    node widget/build.mjs && node widget/mock/walk.mjs
import assert from 'node:assert/strict';
import { mkdir } from 'node:fs/promises';
import { dirname, join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { chromium } from 'playwright-core';
import { mock } from './server.mjs';

const shots = join(dirname(fileURLToPath(import.meta.url)), 'shots');
const only = process.argv[2];
await mkdir(shots, { recursive: true });
const browser = await chromium.launch({
    executablePath: process.env.CHROMIUM || '/usr/bin/chromium',
    args: ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
        '--disable-background-networking', '--disable-component-update', '--disable-sync'],
});
const SIZES = { phone: { width: 390, height: 844 }, desk: { width: 1440, height: 900 } };
const until = async (what, ms = 8000) => {
    for (const end = Date.now() + ms; ; await new Promise((r) => setTimeout(r, 40))) {
        if (await what()) return;
        if (Date.now() > end) assert.fail('never: ' + what);
    }
};

async function world({ size = 'desk', lang = 'zh', page = '', ...set } = {}) {
    const m = mock();
    Object.assign(m.state, set, { settings: { ...m.state.settings, ...set.settings } });
    await new Promise((r) => m.server.listen(0, '127.0.0.1', r));
    const base = `http://127.0.0.1:${m.server.address().port}`;
    const context = await browser.newContext({ viewport: SIZES[size], hasTouch: size === 'phone', isMobile: size === 'phone',
        locale: lang === 'zh' ? 'zh-CN' : 'en-US', timezoneId: 'Asia/Shanghai' });
    const problems = [];
    const tab = async (path = page || (lang === 'zh' ? 'hand-eczema.html' : 'en.html')) => {
        const p = await context.newPage();
        p.on('pageerror', (e) => problems.push(String(e)));
        p.on('console', (c) => c.type() === 'error' && !/net::|WebSocket/.test(c.text()) && problems.push(c.text()));
        await p.goto(base + '/demo/' + path);
        await p.locator('.launch:visible, .panel:visible').first().waitFor();
        return p;
    };
    const api = (path, body) => fetch(base + path, { method: 'POST', body: JSON.stringify(body) }).then((r) => r.json());
    return {
        m, state: m.state, context, tab, base,
        agent: (body) => api('/mock/agent', body), set: (body) => api('/mock/set', body),
        shot: (p, name) => p.screenshot({ path: join(shots, `${name}-${size}-${lang}.png`) }),
        async end() {
            await context.close();
            m.server.closeAllConnections();
            m.server.close();
            assert.deepEqual(problems, []);
        },
    };
}
const say = async (p, text) => {
    await p.locator('#ly-input').fill(text);
    await p.locator('#ly-input').press('Enter');
};
const mine = (p) => p.locator('.m.me p').allTextContents();
const stored = (w) => w.state.conversations.flatMap((c) => c.messages.map((x) => x.text));

const walks = {
    async pictures() {
        for (const size of ['phone', 'desk']) for (const lang of ['zh', 'en']) {
            const w = await world({ size, lang, settings: { invite_after: 1 } });
            const p = await w.tab();
            const T = (zh, en) => (lang === 'zh' ? zh : en);
            await p.locator('.invite').waitFor();
            await w.shot(p, '1-invite');
            await p.locator('.invite .btn.main').click();
            await p.locator('.consent').waitFor();
            await w.shot(p, '2-greeting');
            await say(p, T('手上湿疹反复两年了，周末有号吗？', 'I have had eczema on my hands for two years. Any appointment on Saturday?'));
            await p.locator('.consent.held').waitFor();
            await w.shot(p, '3-held');
            await p.locator('.consent .btn').first().click();
            await until(() => stored(w).length === 1);
            await w.agent({ take: 1 });
            await w.agent({ say: T('周六上午皮肤科还有 3 个号：8:30、9:10、10:20，之前的报告请带上。', 'On Saturday morning there are three left: 8:30, 9:10 and 10:20. Please bring earlier reports.'), read: 1 });
            await say(p, T('9:10 可以的 🙂', '9:10 is fine 🙂'));
            await w.agent({ typing: true });
            await p.locator('.typing:visible').waitFor();
            await p.locator('#ly-input').fill(T('那挂号费大概多少', 'And what is the fee?'));
            await w.shot(p, '4-talk');
            await p.locator('.line .x').first().click();
            await w.shot(p, '5-emoji');
            await p.locator('.emoji button').first().click();
            await p.keyboard.press('Escape');
            await p.locator('.top .x').nth(1).click();
            await w.shot(p, '6-menu');
            await p.keyboard.press('Escape');
            await p.locator('.top .x').first().click();
            await w.shot(p, '7-bigger');
            await p.locator('.top .x').first().click();
            await w.context.setOffline(true);
            await w.set({ sockets: false });
            await say(p, T('坐地铁怎么走', 'How do I get there by metro?'));
            await p.locator('.net:not(:empty)').waitFor();
            await w.shot(p, '8-offline');
            await w.context.setOffline(false);
            await w.set({ sockets: true });
            await until(async () => (await p.locator('.m.wait').count()) === 0, 40_000);
            await w.agent({ close: 1 });
            await p.getByText(T('再问一句', 'Ask again')).waitFor();
            await w.shot(p, '9-ended');
            await w.end();
            const v = await world({ size, lang, agents_online: false });
            const q = await v.tab();
            await q.locator('.launch').click();
            await q.locator('#ly-phone').fill('138 0000 04');
            await q.locator('#ly-question').fill(T('周六上午还有没有皮肤科的号', 'Is there an appointment on Saturday?'));
            await q.locator('.opts button').nth(1).click();
            await q.locator('.form button[type=submit]').click();
            await v.shot(q, '10-form');
            await q.locator('#ly-phone').fill('138 0000 0426');
            await q.locator('.form button[type=submit]').click();
            assert.equal(v.state.left.length, 0); // not without consent
            await q.locator('.agree input').check();
            await q.locator('.form button[type=submit]').click();
            await q.locator('.thanks').waitFor();
            await v.shot(q, '11-thanks');
            assert.equal(v.state.left.length, 1);
            assert.equal(v.state.left[0].consent, true);
            await v.end();
        }
    },

    async pages() {
        const w = await world({ page: 'doctors.html' });
        const p = await w.tab();
        await p.locator('[data-dept=acne]').click();
        await until(() => w.state.views.length === 2);
        await p.evaluate(() => { location.hash = 'x'; history.replaceState(null, '', location.href); });
        await p.goBack();
        await p.goBack();
        await until(() => w.state.views.length >= 3);
        await p.waitForTimeout(300);
        const paths = w.state.views.map((v) => v.url.split('/demo/')[1]);
        assert.deepEqual(paths, ['doctors.html', 'doctors.html?dept=acne', 'doctors.html']);
        assert.match(w.state.views[1].referrer, /doctors\.html$/);
        assert.match(w.state.views[1].title, /痤疮/);
        assert.equal(new Set(w.state.views.map((v) => v.key)).size, 3);
        assert.ok(w.state.beacons.length >= 2 && w.state.beacons.every((b) => b.dwell_ms > 0));
        assert.deepEqual(await p.evaluate(() => {
            const f = document.createElement('iframe');
            document.body.append(f);
            const own = Object.getOwnPropertyNames(window).filter((n) => !(n in f.contentWindow));
            f.remove();
            return own.filter((n) => !/^\d+$|^__pw|^__playwright|devtools/i.test(n));
        }), ['laiyu']);
        // Two tabs opened at once are one visitor; a second page of his says who he is.
        await Promise.all([w.tab('fees.html'), w.tab('directions.html')]);
        assert.equal(new Set(w.state.views.slice(1).map((v) => v.visitor)).size, 1);
        await w.end();
    },

    async anchors() {
        const w = await world({ page: 'directions.html' });
        const p = await w.tab();
        await p.locator('[role=button][data-laiyu]').focus();
        await p.keyboard.press('Enter');
        await p.locator('.panel:visible').waitFor();
        await until(() => w.state.conversations.length === 1);
        assert.equal(w.state.conversations[0].page.anchor, '路线页问路');
        assert.match(w.state.conversations[0].page.url, /directions/);
        assert.ok(w.state.beacons.some((b) => b.anchor === '路线页问路'));
        await p.keyboard.press('Escape');
        await p.locator('.panel').waitFor({ state: 'hidden' });
        assert.equal(await p.evaluate(() => document.activeElement.getAttribute('data-laiyu')), '路线页问路');
        await p.evaluate(() => window.laiyu.open({ anchor: 'from script' }));
        await p.locator('.panel:visible').waitFor();
        await until(() => w.state.beacons.some((b) => b.anchor === 'from script'));
        await p.evaluate(() => window.laiyu.close());
        await p.locator('.launch:visible').waitFor();
        await w.end();
    },

    async invitation() {
        const w = await world({ settings: { invite_after: 1 } });
        const p = await w.tab();
        await p.locator('.invite .x').click();
        await w.agent({ invite: 1 });
        await p.reload();
        await p.waitForTimeout(2500);
        await w.agent({ invite: 1 });
        assert.equal(await p.locator('.invite').count(), 0); // closed on this page: not again
        await p.goto(w.base + '/demo/fees.html');
        await p.waitForTimeout(2500);
        assert.equal(await p.locator('.invite').count(), 0); // once a visit
        await w.agent({ invite: 1 });
        await p.locator('.invite').waitFor(); // a person sent it, another page
        assert.deepEqual(w.state.beacons.filter((b) => b.invite).map((b) => b.invite), ['shown', 'refused', 'shown']);
        await w.end();
    },

    async once() {
        // Answers that never come, a line that breaks, reloads and page changes: each message once, in order.
        const w = await world();
        let p = await w.tab();
        await p.locator('.launch').click();
        await p.locator('.consent .btn').first().click();
        const said = [];
        for (let i = 0; i < 24; i++) {
            const text = 'm' + i;
            said.push(text);
            w.state.answer = i % 4 === 1 ? -1 : i % 3 ? 0 : 60;
            await say(p, text);
            if (i % 4 === 1) {
                await p.waitForTimeout(50);
                await w.set({ drop: 1 });
            }
            if (i % 6 === 2) {
                await p.reload();
                await p.locator('.panel:visible').waitFor();
            }
            if (i % 6 === 5) {
                await p.goto(w.base + '/demo/' + (i % 2 ? 'fees.html' : 'index.html'));
                await p.locator('.panel:visible').waitFor();
            }
        }
        w.state.answer = 0;
        await until(() => stored(w).length === said.length, 30_000);
        await until(async () => (await p.locator('.m.wait').count()) === 0, 30_000);
        assert.deepEqual(stored(w), said);
        assert.deepEqual(await mine(p), said);
        assert.equal(await p.evaluate(() => Object.keys(localStorage).filter((k) => k.includes(':out:')).length), 0);
        await w.end();
    },

    async tabs() {
        const w = await world();
        const a = await w.tab();
        await a.locator('.launch').click();
        await a.locator('.consent .btn').nth(1).click();
        await say(a, 'from a');
        await until(() => stored(w).length === 1);
        const b = await w.tab('fees.html');
        await b.locator('.launch').click();
        await until(async () => (await mine(b)).length === 1);
        await say(b, 'from b');
        await w.agent({ say: 'hello both' });
        for (const t of [a, b]) await until(async () => (await t.locator('.m p').allTextContents()).includes('hello both'));
        // Both offline, both write; one of them is closed before the line comes back.
        await w.context.setOffline(true);
        await w.set({ sockets: false });
        await say(a, 'a offline');
        await say(b, 'b offline');
        await until(async () => (await mine(a)).length === 4);
        await b.close();
        await w.context.setOffline(false);
        await w.set({ sockets: true });
        await until(() => stored(w).length === 5, 40_000);
        await until(async () => (await a.locator('.m.wait').count()) === 0);
        assert.deepEqual(await mine(a), ['from a', 'from b', 'a offline', 'b offline']);
        assert.equal(w.state.conversations[0].consent, 'refused');
        await w.end();
    },

    async fallback() {
        const w = await world({ sockets: false });
        const p = await w.tab();
        await p.locator('.launch').click();
        await p.locator('.consent .btn').first().click();
        await say(p, 'no sockets');
        await until(() => stored(w).length === 1, 20_000);
        await w.agent({ say: 'heard you' });
        await p.getByText('heard you').waitFor({ timeout: 9000 });
        assert.deepEqual(await mine(p), ['no sockets']);
        await w.end();
    },

    async badge() {
        const w = await world();
        const p = await w.tab();
        await p.locator('.launch').click();
        await p.locator('.consent .btn').first().click();
        await say(p, 'one');
        await until(() => stored(w).length === 1);
        await p.locator('.top .x').last().click();
        await w.agent({ say: 'x' });
        await until(async () => (await p.locator('.badge').textContent()) === '1');
        await p.goto(w.base + '/demo/fees.html'); // the window is not loaded here: the core counts
        await p.locator('.badge:visible').waitFor();
        await w.agent({ say: 'y', close: 1 });
        await until(async () => (await p.locator('.badge').textContent()) === '2');
        await p.locator('.launch').click();
        await p.getByText('y', { exact: true }).waitFor(); // the last words are read, then the end
        await p.getByText('再问一句').waitFor();
        assert.equal(w.state.conversations.length, 1);
        await p.getByText('再问一句').click();
        await p.locator('.consent:visible').waitFor();
        assert.equal(w.state.conversations.length, 2);
        await w.end();
    },

    async shift() {
        const w = await world({ settings: { invite_after: 1 } });
        const p = await w.context.newPage();
        await p.addInitScript(() => {
            window.shifts = 0;
            new PerformanceObserver((l) => l.getEntries().forEach((e) => (window.shifts += e.value))).observe({ type: 'layout-shift', buffered: true });
        });
        await p.goto(w.base + '/demo/hand-eczema.html');
        const ours = [];
        p.on('request', (r) => ours.push(new URL(r.url()).pathname));
        await p.locator('.invite').waitFor();
        await p.waitForTimeout(300);
        assert.equal(await p.evaluate(() => window.shifts), 0);
        assert.deepEqual(ours.filter((u) => /assets/.test(u)), []);
        await w.end();
    },
};

let bad = 0;
for (const [name, walk] of Object.entries(walks)) {
    if (only && only !== name) continue;
    try {
        await walk();
        console.log('ok', name);
    } catch (e) {
        bad++;
        console.log('FAILED', name, e.stack);
    }
}
await browser.close();
process.exit(bad ? 1 : 0);
