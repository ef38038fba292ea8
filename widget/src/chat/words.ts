// Every sentence of the window, in both languages.
import type { Lang } from '../house';
import type { ChatAgent } from '../wire';
import type { PhoneFault } from './phone';

const zh = {
    here: '在线咨询',
    roles: {
        agent: '咨询员', supervisor: '咨询主管', marketing: '网络部', desk: '前台', onsite: '现场咨询',
        care: '客服', manager: '管理人员', admin: '管理员',
    } as Record<ChatAgent['role'], string>,
    notDoctor: '不是医生', online: '在线', anyone: '咨询员·不是医生', nobody: '现在没有咨询员在线',
    waiting: '正在等咨询员接入', over: '对话已结束',
    size: '字号', more: '更多', close: '关闭',
    menuLang: 'English', menuEnd: '结束对话', menuWithdraw: '撤回保存病情的同意', menuPrivacy: '隐私说明',
    greeting: (house: string) => `您好，这里是${house || '在线咨询'}。接待您的是咨询员，不是医生；可以帮您了解门诊安排、挂号和路线，病情需要由医生当面判断。`,
    emergency: '紧急情况请直接拨打 120 或前往就近急诊。',
    consentTitle: '要不要保存您说的病情，由您决定',
    what: '用来做什么', who: '谁能看到', long: '保存多久',
    purpose: '回答这次咨询、安排预约', whoSees: '本院咨询员与就诊科室',
    days: (n: number) => `${n} 天，可随时撤回、要求删除`,
    yes: '同意保存', no: '不保存，继续问',
    noMeans: '选“不保存”也能正常咨询，对话结束后不保留内容。',
    held: '您的消息已写好，选一项后马上发出。',
    privacy: '隐私说明全文',
    granted: '您已同意保存健康信息', withdraw: '撤回',
    refused: '您选择了不保存：对话结束后不保留内容', withdrawn: '您已撤回同意：对话结束后不保留内容',
    offline: '网络断开，消息已存在本机，恢复后自动发出',
    log: '对话内容', typing: '正在输入', erased: '这条消息已删除', erasedAll: '对话内容没有保留，已经删除。',
    pending: '待发送', delivered: '已送达', read: '已读', failed: '没有发出',
    old: '写于较早以前，没有自动发出', retry: '重新发送', discard: '删除',
    preview: '对话时，咨询员能看到您正在输入的文字', write: '请输入您的问题', send: '发送', emoji: '表情',
    newer: '有新消息', today: '今天', again: '再问一句', hide: '收起', ended: '对话已结束。',
    agentBack: '咨询员上线了', talkNow: '直接对话',
    formLead: (hours: string) => (hours && hours.replace(/[。.\s]*$/, '。')) + '留下电话，咨询员上班后回您。',
    phone: '电话', name: '怎么称呼', namePh: '例如：林女士', time: '方便接电话的时间', times: ['上午', '中午', '下午', '晚上'],
    question: '想问什么', questionPh: '请给我回电', optional: '可不填',
    agree: (n: number) => `同意把上面写的内容保存 ${n} 天，用于回电和安排预约。`,
    notAgree: '需要您勾选同意：不保存电话，我们就没法回电', privacyShort: '隐私说明',
    submit: '提交', submitting: '正在提交', formFailed: '没有提交成功，写的内容还在，请再试一次。',
    thanks: '收到了', thanksMore: '咨询员上班后会回您的电话。', other: '再补充一句',
    fault(f: PhoneFault): string {
        if (f.kind === 'short') return `还差 ${f.missing} 位数字`;
        return { empty: '请填写电话，才能回您', letters: '电话里只能有数字', long: '数字多了，请检查一下' }[f.kind];
    },
};

const en: typeof zh = {
    here: 'Online enquiries',
    roles: {
        agent: 'Consultant', supervisor: 'Senior consultant', marketing: 'Web team', desk: 'Front desk',
        onsite: 'On-site consultant', care: 'Patient care', manager: 'Management', admin: 'Administrator',
    },
    notDoctor: 'not a doctor', online: 'online', anyone: 'Consultants, not doctors', nobody: 'No consultant is online now',
    waiting: 'Waiting for a consultant', over: 'Conversation ended',
    size: 'Text size', more: 'More', close: 'Close',
    menuLang: '中文', menuEnd: 'End conversation', menuWithdraw: 'Withdraw my consent', menuPrivacy: 'Privacy notice',
    greeting: (house) => `Welcome to ${house || 'our enquiry desk'}. You are talking to a consultant, not a doctor. We can help with clinic hours, registration and directions; a doctor needs to see you to judge a condition.`,
    emergency: 'In an emergency call 120 or go to the nearest emergency department.',
    consentTitle: 'May we keep what you tell us about your health?',
    what: 'What for', who: 'Who sees it', long: 'How long',
    purpose: 'To answer you and arrange a visit', whoSees: 'Our consultants and the department you visit',
    days: (n) => `${n} days; you can withdraw or ask for deletion at any time`,
    yes: 'Yes, keep it', no: 'No, just talk',
    noMeans: 'You can talk either way. If you choose no, nothing is kept after the conversation.',
    held: 'Your message is ready and goes out as soon as you choose.',
    privacy: 'Full privacy notice',
    granted: 'You agreed to us keeping health details', withdraw: 'Withdraw',
    refused: 'Not kept after the conversation, as you chose', withdrawn: 'Consent withdrawn: not kept after the conversation',
    offline: 'No connection. Your messages are safe on this device and go out when it returns',
    log: 'Conversation', typing: 'is typing', erased: 'This message was deleted', erasedAll: 'This conversation was not kept; its content is deleted.',
    pending: 'Waiting to send', delivered: 'Delivered', read: 'Read', failed: 'Not sent',
    old: 'Written a while ago and not sent', retry: 'Send again', discard: 'Delete',
    preview: 'The consultant can see what you are typing', write: 'Type your question', send: 'Send', emoji: 'Emoji',
    newer: 'New messages', today: 'Today', again: 'Ask again', hide: 'Close', ended: 'This conversation has ended.',
    agentBack: 'A consultant is online now', talkNow: 'Chat instead',
    formLead: (hours) => (hours && hours.replace(/[.\s]*$/, '. ')) + 'Leave your phone number and we call you back when we are here.',
    phone: 'Phone', name: 'Your name', namePh: 'e.g. Ms Lin', time: 'Good time to call', times: ['Morning', 'Midday', 'Afternoon', 'Evening'],
    question: 'Your question', questionPh: 'Please call me back', optional: 'optional',
    agree: (n) => `You may keep the above for ${n} days, to call me back and arrange a visit.`,
    notAgree: 'Please tick to agree: without keeping your number we cannot call you back', privacyShort: 'Privacy notice',
    submit: 'Send', submitting: 'Sending', formFailed: 'That did not go through. What you wrote is still here; please try again.',
    thanks: 'Received', thanksMore: 'A consultant will call you back during consulting hours.', other: 'Add something',
    fault(f) {
        if (f.kind === 'short') return f.missing === 1 ? '1 digit is missing' : `${f.missing} digits are missing`;
        return { empty: 'Please give a number so that we can call back', letters: 'A phone number has digits only', long: 'Too many digits, please check' }[f.kind];
    },
};

export type Words = typeof zh;
export const WORDS: Record<Lang, Words> = { zh, en };
