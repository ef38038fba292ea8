// The small picker: what people put into a question, not a catalogue.
import { add, h } from '../dom';

const EMOJI = '🙂 😊 😄 😅 😂 😉 😍 🤔 😐 😕 😟 😢 😭 😣 😷 🤒 🤧 😴 👍 👌 🙏 👋 🌹 ❤️'.split(' ');

export function emojiPicker(pick: (emoji: string) => void): HTMLElement {
    const box = h('div', { class: 'emoji', role: 'group', hidden: true });
    add(box, EMOJI.map((e) => h('button', { type: 'button', onclick: () => pick(e) }, e)));
    return box;
}
