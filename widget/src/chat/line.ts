// One bubble. Elements are kept and changed in place, so that a reader's place and the screen
// reader's memory survive.
import { fill, h, icon } from '../dom';
import type { Words } from './words';

export interface LineView {
    id: string;
    side: 'me' | 'you' | 'note';
    who: string;
    text: string;
    time: string;
    mark: '' | 'pending' | 'delivered' | 'read' | 'failed';
    problem: string;
}

const TICK = 'M4 10.5l4 4 7-9';
const TICKS = ['M1.5 10.5l4 4 6.5-9', 'M9 13.5l1.2 1 7-9'];

export interface LineActs {
    retry(id: string): void;
    discard(id: string): void;
}

function foot(v: LineView, w: Words, acts: LineActs): (Node | string)[] {
    if (v.mark === 'failed') {
        return [
            h('span', { class: 'bad' }, '▲ ' + v.problem),
            h('button', { class: 'link', type: 'button', onclick: () => acts.retry(v.id) }, w.retry),
            h('button', { class: 'link', type: 'button', onclick: () => acts.discard(v.id) }, w.discard),
        ];
    }
    if (v.mark === 'pending') return [h('i', { class: 'clock' }), w.pending];
    const ticks = v.mark === 'read' ? icon(...TICKS) : icon(TICK);
    ticks.setAttribute('class', 'ico ticks ' + v.mark);
    return [v.time, ticks, v.mark === 'read' ? w.read : w.delivered];
}

export class Line {
    readonly el: HTMLElement;
    private shown = '';

    constructor(v: LineView, w: Words, acts: LineActs) {
        this.el = h('div');
        this.show(v, w, acts);
    }

    show(v: LineView, w: Words, acts: LineActs): void {
        const now = JSON.stringify([v, w.pending]);
        if (now === this.shown) return;
        this.shown = now;
        this.el.className = 'm ' + v.side + (v.mark === 'pending' || v.mark === 'failed' ? ' wait' : '');
        if (v.side === 'note') return fill(this.el, h('p', {}, v.text));
        fill(
            this.el,
            v.side === 'you' && h('small', {}, v.who + (v.time ? ' · ' + v.time : '')),
            h('p', {}, v.text),
            v.side === 'me' && h('small', {}, ...foot(v, w, acts)),
        );
    }
}
