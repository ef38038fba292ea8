// A server of one room, for working on the widget alone: the calls and frames of wire/wire.yaml that
// the widget uses, kept in memory, and /mock/* to play the agent. Never part of the product.
//
//   node widget/mock/server.mjs [PORT]      then open http://127.0.0.1:18140/demo/
//   POST /mock/set {...}                    settings, agents_online, sockets, answer (ms)
//   POST /mock/agent {say|take|typing|read|close|invite}   acts on the newest conversation
import { createServer } from 'node:http';
import { readFile } from 'node:fs/promises';
import { randomUUID } from 'node:crypto';
import { dirname, extname, join, normalize } from 'node:path';
import { fileURLToPath } from 'node:url';
import { WebSocketServer } from 'ws';

const here = dirname(fileURLToPath(import.meta.url));
const TYPES = { '.html': 'text/html', '.js': 'text/javascript', '.css': 'text/css', '.svg': 'image/svg+xml' };

export function mock() {
    const state = {
        settings: {
            institution: '松泉皮肤专科门诊部（演示）', greeting_zh: '', greeting_en: '',
            invitation_zh: '需要了解门诊时间或挂号吗？\n咨询员在线，可以直接问。',
            invitation_en: 'Questions about hours or registration?\nA consultant is online.',
            invite_after: 0, purpose_zh: '', purpose_en: '', retention_days: 180,
            privacy_url: '/demo/privacy.html', hours_zh: '咨询时间为每天 8:00 至 24:00', hours_en: 'Consultants are here every day from 8:00 to 24:00',
            emergency_zh: '', emergency_en: '',
        },
        agents_online: true,
        sockets: true, // false: refused
        requests: true,
        answer: 0, // ms before an answer to `say`; -1: it is done and never answered
        views: [], beacons: [], left: [], says: 0,
        conversations: [],
        visits: 0,
    };
    const agent = { id: '7', name: '周宁', role: 'agent' };
    const tabs = new Set();
    const push = (visitor, frame) => {
        for (const t of tabs) if (t.visitor === visitor) t.ws.send(JSON.stringify(frame));
    };
    const lastOf = (visitor) => state.conversations.filter((c) => c.visitor === visitor).pop();
    const publish = (c) => push(c.visitor, { t: 'state', conversation: c.id, state: c.state, agent: c.agent, agent_read: c.agent_read, consent: c.consent });
    const view = (c, since) => ({
        conversation: c ? c.id : null, state: c ? c.state : null, agent: c ? c.agent : null,
        consent: c ? c.consent : 'unasked', messages: c ? c.messages.filter((m) => m.number > since) : [],
        last_number: c ? c.messages.length : 0, agent_read: c ? c.agent_read : 0, agents_online: state.agents_online,
    });
    const seen = (visitor, shown, since) => {
        const c = lastOf(visitor);
        if (!c || (c.state === 'closed' && c.id !== shown)) return view(null, 0);
        return view(c, shown && c.id !== shown ? 0 : since || 0);
    };
    const openFor = (visitor, page) => {
        let c = lastOf(visitor);
        if (!c || c.state === 'closed') {
            c = { id: String(1000 + state.conversations.length), visitor, page, state: 'opened', agent: null, consent: 'unasked', messages: [], agent_read: 0 };
            state.conversations.push(c);
            publish(c);
        }
        return c;
    };
    const put = (c, key, sender, text) => {
        let m = c.messages.find((x) => x.key === key && x.sender === sender);
        if (m) return m;
        m = { number: c.messages.length + 1, key, sender, agent_id: sender === 'agent' ? agent.id : null,
            name: sender === 'agent' ? agent.name : '', at: new Date().toISOString(), text, erased: false };
        c.messages.push(m);
        if (sender === 'visitor' && c.state === 'opened') c.state = 'waiting';
        push(c.visitor, { t: 'message', ...m });
        return m;
    };
    const act = {
        take: (c) => { c.agent = agent; c.state = 'active'; publish(c); },
        say: (c, text) => { if (!c.agent) act.take(c); put(c, randomUUID(), 'agent', text); },
        typing: (c, on) => push(c.visitor, { t: 'typing', on }),
        read: (c) => { c.agent_read = c.messages.length; publish(c); },
        close: (c) => { c.state = 'closed'; publish(c); },
        note: (c, text) => put(c, randomUUID(), 'system', text),
    };
    const calls = {
        '/w/view': (b) => {
            state.views.push(b);
            const visitor = b.visitor || 'v-' + randomUUID();
            const mine = state.views.filter((v) => (v.visitor || v.given) === visitor);
            b.given = visitor;
            return { visitor, visit: '501', n: mine.length + 1, widget: { ...state.settings, agents_online: state.agents_online } };
        },
        '/w/beacon': (b) => (state.beacons.push(b), { ok: true }),
        '/w/message': (b) => {
            if (!state.left.some((l) => l.key === b.key)) state.left.push(b);
            return { number: 1, key: b.key, at: new Date().toISOString() };
        },
        '/w/poll': (b) => seen(b.visitor, b.conversation, b.since),
        '/w/say': (b) => {
            state.says++;
            const m = put(openFor(b.visitor, b), b.key, 'visitor', b.text);
            return { number: m.number, key: m.key, at: m.at };
        },
        '/mock/set': (b) => {
            Object.assign(state, b, { settings: { ...state.settings, ...b.settings } });
            if ('agents_online' in b) for (const t of tabs) t.ws.send(JSON.stringify({ t: 'agents', online: b.agents_online }));
            if (b.sockets === false || b.drop) for (const t of tabs) t.ws.terminate();
            return { ok: true };
        },
        '/mock/agent': (b) => {
            if (b.invite) for (const t of tabs) t.ws.send(JSON.stringify({ t: 'invite', text_zh: state.settings.invitation_zh, text_en: state.settings.invitation_en }));
            const c = state.conversations[state.conversations.length - 1];
            if (c) for (const [name, value] of Object.entries(b)) if (act[name]) act[name](c, value);
            return { ok: true };
        },
        '/mock/state': () => state,
    };
    const server = createServer(async (req, res) => {
        const path = req.url.split('?')[0];
        const end = (status, type, body) => {
            res.writeHead(status, { 'Content-Type': type + '; charset=utf-8', 'Access-Control-Allow-Origin': '*', 'Cache-Control': 'no-store',
                'Content-Security-Policy': "default-src 'self'; style-src 'self'; script-src 'self'; img-src 'self' data:" });
            res.end(body);
        };
        if (calls[path]) {
            let raw = '';
            for await (const part of req) raw += part;
            if (!state.requests && !path.startsWith('/mock')) return req.socket.destroy();
            return end(200, 'application/json', JSON.stringify(calls[path](raw ? JSON.parse(raw) : {})));
        }
        const clean = normalize(decodeURIComponent(path));
        const file = clean.startsWith('/demo/')
            ? join(here, '../..', clean.endsWith('/') ? clean + 'index.html' : clean)
            : join(here, '../dist', clean);
        try {
            end(200, TYPES[extname(file)] || 'application/octet-stream', await readFile(file));
        } catch {
            end(404, 'text/plain', 'not here');
        }
    });
    const sockets = new WebSocketServer({ noServer: true });
    server.on('upgrade', (req, socket, head) => {
        if (!state.sockets) return socket.destroy();
        sockets.handleUpgrade(req, socket, head, (ws) => {
            const tab = { ws, visitor: '' };
            ws.on('close', () => tabs.delete(tab));
            ws.on('message', (data) => {
                const f = JSON.parse(String(data));
                const c = tab.visitor && lastOf(tab.visitor);
                const answer = (o) => f.re && ws.send(JSON.stringify({ t: 'ok', re: f.re, ...o }));
                const frames = {
                    hello: () => { tab.visitor = f.visitor; tabs.add(tab); answer(seen(f.visitor, f.conversation, f.since)); },
                    open: () => answer(view(openFor(tab.visitor, f), 0)),
                    consent: () => { c.consent = f.consent; publish(c); answer({ ok: true }); },
                    say: () => {
                        state.says++;
                        const m = put(openFor(tab.visitor, {}), f.key, 'visitor', f.text);
                        if (state.answer >= 0) setTimeout(() => answer({ number: m.number, key: m.key, at: m.at }), state.answer);
                    },
                    typing: () => { state.typed = f.text; },
                    read: () => { state.read = f.number; answer({ ok: true }); },
                    end: () => { act.close(c); answer({ ok: true }); },
                };
                frames[f.t]();
            });
        });
    });
    return { server, state, tabs };
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
    const port = Number(process.argv[2]) || 18140;
    mock().server.listen(port, '127.0.0.1', () => console.log(`http://127.0.0.1:${port}/demo/`));
}
