// Our WebSocket server against the `ws` package: the same bytes in, the same frames out.
import assert from 'node:assert/strict';
import { spawn } from 'node:child_process';
import { once } from 'node:events';
import net from 'node:net';
import path from 'node:path';
import { after, before, test } from 'node:test';
import { WebSocket, WebSocketServer } from 'ws';
import { BINARY } from '../lib/server.mjs';

const MAX = 1 << 20;
let ours, ourPort, theirs, theirPort;

before(async () => {
    ours = spawn(path.join(path.dirname(BINARY), 'tests/ws_echo'), [], { stdio: ['pipe', 'pipe', 'inherit'] });
    const [line] = await Promise.race([once(ours.stdout, 'data'), once(ours, 'exit')]);
    ourPort = Number(/^port (\d+)/.exec(line)[1]);
    theirs = new WebSocketServer({ port: 0, host: '127.0.0.1', maxPayload: MAX });
    theirs.on('connection', (socket) => {
        socket.on('error', () => {});
        socket.on('message', (data, binary) => {
            // Text only, as ours.
            if (binary) socket.close(1003);
            else socket.send(data.toString());
        });
    });
    await once(theirs, 'listening');
    theirPort = theirs.address().port;
});

after(async () => {
    ours.stdin.end();
    const [code] = await once(ours, 'exit');
    theirs.close();
    assert.equal(code, 0);
});

// A small generator, so that a failure can be repeated from its seed.
function random(seed) {
    let x = seed >>> 0 || 1;
    return (n) => {
        x ^= x << 13;
        x >>>= 0;
        x ^= x >>> 17;
        x ^= x << 5;
        x >>>= 0;
        return x % n;
    };
}

function randomText(next, length) {
    const letters = ['a', 'é', '你', '𐍈', '\n', '"', '\u0000', ' '];
    let text = '';
    while (Buffer.byteLength(text) < length) text += letters[next(letters.length)].repeat(1 + next(40));
    return text;
}

test('random messages, whole and in fragments, come back as they were', async () => {
    for (let seed = 1; seed <= 8; seed++) {
        const next = random(seed * 7919);
        const socket = new WebSocket(`ws://127.0.0.1:${ourPort}/`, { perMessageDeflate: false });
        await once(socket, 'open');
        const sent = [];
        const got = [];
        socket.on('message', (data) => got.push(data.toString()));
        for (let i = 0; i < 40; i++) {
            const size = [0, 1, 125, 126, 127, 65535, 65536, 70000][next(8)];
            const text = randomText(next, next(3) ? next(300) : size);
            sent.push(text);
            const parts = next(2) ? 1 : 1 + next(10);
            const bytes = Buffer.from(text);
            for (let n = 0; n < parts; n++) {
                const from = Math.floor((bytes.length * n) / parts);
                const to = Math.floor((bytes.length * (n + 1)) / parts);
                socket.send(bytes.subarray(from, to), { binary: false, fin: n === parts - 1 });
                if (!next(6)) socket.ping('p');
            }
        }
        while (got.length < sent.length) await once(socket, 'message');
        assert.deepEqual(got, sent, `seed ${seed}`);
        socket.close(3000 + seed, 'done');
        await once(socket, 'close');
    }
});

test('a close code comes back', async () => {
    for (const code of [1000, 1001, 1003, 1008, 1011, 3000, 4321, 4999]) {
        const socket = new WebSocket(`ws://127.0.0.1:${ourPort}/`);
        await once(socket, 'open');
        socket.close(code, 'reason');
        const [echoed] = await once(socket, 'close');
        assert.equal(echoed, code);
    }
});

// One masked frame. The mask is not random: what is sent is the same for both servers.
function frame(first, payload, { mask = true, length } = {}) {
    const body = Buffer.from(payload);
    const n = length ?? body.length;
    const key = Buffer.from([1, 2, 3, 4]);
    let head;
    if (n < 126) head = Buffer.from([first, n]);
    else if (n < 65536) head = Buffer.from([first, 126, n >> 8, n & 255]);
    else {
        head = Buffer.alloc(10);
        head[0] = first;
        head[1] = 127;
        head.writeBigUInt64BE(BigInt(n), 2);
    }
    if (!mask) return Buffer.concat([head, body]);
    head[1] |= 128;
    return Buffer.concat([head, key, body.map((byte, i) => byte ^ key[i & 3])]);
}

// Upgrade, send the bytes, and tell the frames that come back until the end (or a short silence).
async function tell(port, bytes, step) {
    const socket = net.connect(port, '127.0.0.1');
    socket.setNoDelay(true);
    let input = Buffer.alloc(0);
    socket.on('data', (more) => (input = Buffer.concat([input, more])));
    socket.on('error', () => {});
    const ended = once(socket, 'close');
    socket.write(
        'GET / HTTP/1.1\r\nHost: h\r\nUpgrade: websocket\r\nConnection: Upgrade\r\n' +
            'Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==\r\nSec-WebSocket-Version: 13\r\n\r\n',
    );
    while (!input.includes('\r\n\r\n')) await once(socket, 'data');
    for (let at = 0; at < bytes.length; at += step) {
        socket.write(bytes.subarray(at, at + step));
        if (step < 10) await new Promise(setImmediate);
    }
    // The marker ends a stream that closes nothing.
    socket.write(frame(0x89, 'end'));
    const deadline = Date.now() + 3000;
    let told;
    do {
        await Promise.race([ended, new Promise((done) => setTimeout(done, 5))]);
        told = frames(input.subarray(input.indexOf('\r\n\r\n') + 4));
    } while (!told.some((f) => f.startsWith('close') || f === 'pong end') && Date.now() < deadline);
    socket.destroy();
    return told;
}

function frames(bytes) {
    const told = [];
    for (let at = 0; at + 2 <= bytes.length; ) {
        let n = bytes[at + 1];
        let from = at + 2;
        if (n === 126) {
            n = bytes.readUInt16BE(from);
            from += 2;
        } else if (n === 127) {
            n = Number(bytes.readBigUInt64BE(from));
            from += 8;
        }
        const payload = bytes.subarray(from, from + n);
        const kind = { 0x81: 'text', 0x88: 'close', 0x8a: 'pong', 0x89: 'ping' }[bytes[at]];
        told.push(kind === 'close' ? `close ${n ? payload.readUInt16BE(0) : ''}` : `${kind} ${payload}`);
        at = from + n;
    }
    return told;
}

const TEXT = 0x81;
const rows = [
    ['a text', [frame(TEXT, 'abc')]],
    ['an empty text', [frame(TEXT, '')]],
    ['three texts', [frame(TEXT, 'a'), frame(TEXT, 'b'), frame(TEXT, 'c')]],
    ['fragments', [frame(1, 'a'), frame(0, 'b'), frame(0x80, 'c')]],
    ['empty fragments', [frame(1, ''), frame(0, ''), frame(0x80, '')]],
    ['a ping between fragments', [frame(1, 'a'), frame(0x89, 'p'), frame(0x80, 'b')]],
    ['a pong nobody asked for', [frame(0x8a, 'x'), frame(TEXT, 'y')]],
    ['a ping of 125 bytes', [frame(0x89, 'p'.repeat(125))]],
    ['a character across fragments', [frame(1, [0xe4]), frame(0x80, [0xbd, 0xa0])]],
    ['126 bytes', [frame(TEXT, 'x'.repeat(126))]],
    ['65,536 bytes', [frame(TEXT, 'x'.repeat(65536))]],
    ['close without a code', [frame(0x88, '')]],
    ['close 1000', [frame(0x88, [3, 232])]],
    ['close 4000 with a reason', [frame(0x88, [15, 160, 0x61])]],
    ['text behind a close', [frame(0x88, [3, 232]), frame(TEXT, 'late')]],
    ['close with one byte', [frame(0x88, [3])]],
    ['close 999', [frame(0x88, [3, 231])]],
    ['close 1004', [frame(0x88, [3, 236])]],
    ['close 1005', [frame(0x88, [3, 237])]],
    ['close 1006', [frame(0x88, [3, 238])]],
    ['close 1012', [frame(0x88, [3, 244])]],
    ['close 1015', [frame(0x88, [3, 247])]],
    ['close 2999', [frame(0x88, [11, 183])]],
    ['close 5000', [frame(0x88, [19, 136])]],
    ['a close reason that is no UTF-8', [frame(0x88, [3, 232, 0xff])]],
    ['no mask', [frame(TEXT, 'abc', { mask: false })]],
    ['RSV1', [frame(0xc1, 'a')]],
    ['RSV2', [frame(0xa1, 'a')]],
    ['RSV3', [frame(0x91, 'a')]],
    ['opcode 3', [frame(0x83, 'a')]],
    ['opcode 7', [frame(0x87, 'a')]],
    ['opcode 11', [frame(0x8b, 'a')]],
    ['opcode 15', [frame(0x8f, 'a')]],
    ['a fragmented ping', [frame(0x09, 'a')]],
    ['a ping of 126 bytes', [frame(0x89, 'p'.repeat(126))]],
    ['a continuation of nothing', [frame(0x80, 'a')]],
    ['a text inside a text', [frame(1, 'a'), frame(TEXT, 'b')]],
    ['no UTF-8', [frame(TEXT, [0xff])]],
    ['an overlong character', [frame(TEXT, [0xc0, 0xaf])]],
    ['a surrogate', [frame(TEXT, [0xed, 0xa0, 0x80])]],
    ['half a character', [frame(TEXT, [0xe4, 0xbd])]],
    ['a binary message', [frame(0x82, 'a')]],
    ['too long', [frame(TEXT, '', { length: MAX + 1 })]],
    ['a length above 2^53', [Buffer.from([0x81, 0xff, 0, 0x20, 0, 0, 0, 0, 0, 0, 1, 2, 3, 4])]],
];

for (const [what, pieces] of rows) {
    test(`as ws does it: ${what}`, async () => {
        const bytes = Buffer.concat(pieces);
        const wanted = await tell(theirPort, bytes, bytes.length);
        assert.deepEqual(await tell(ourPort, bytes, bytes.length), wanted);
        if (bytes.length < 200) assert.deepEqual(await tell(ourPort, bytes, 1), wanted, 'byte by byte');
    });
}
