/* csv.c - the list of conversations as a file for Excel: UTF-8 with BOM, one row a conversation.
 *
 * Runs on a worker and asks a reader for one page of keys at a time, so that no snapshot lives
 * long. A cell that begins with = + - @ (or a tab or return) gets one apostrophe: it is text, and no
 * program shall take it for a formula. */
#include "acts/view.h"
#include "base/time.h"
#include "label/contact.h"
#include "label/label_rows.h"
#include "web/call.h"
#include "web/conversations.h"
#include "web/handlers.h"
#include "web/people.h"

enum { CSV_PAGE = 500, CSV_ROWS = 50000 };

struct csv {
    struct call *call;
    struct conversation_filter filter;
    struct buf out;
    struct dimension *dimensions;
    size_t dimension_count;
    struct user *users;
    size_t user_count, rows, page;
    bool in_row;
};

static void cell(struct csv *f, str text)
{
    bool risky = text.len && (text.ptr[0] == '=' || text.ptr[0] == '+' || text.ptr[0] == '-' ||
                              text.ptr[0] == '@' || text.ptr[0] == '\t' || text.ptr[0] == '\r');
    bool quote = risky;
    for (ptrdiff_t i = 0; i < text.len && !quote; i++)
        quote =
            text.ptr[i] == '"' || text.ptr[i] == ',' || text.ptr[i] == '\n' || text.ptr[i] == '\r';
    if (f->in_row)
        buf_add_char(&f->out, ',');
    f->in_row = true;
    if (!quote) {
        buf_add(&f->out, text);
        return;
    }
    buf_add_char(&f->out, '"');
    if (risky)
        buf_add_char(&f->out, '\'');
    for (ptrdiff_t i = 0; i < text.len; i++) {
        if (text.ptr[i] == '"')
            buf_add_char(&f->out, '"');
        buf_add_char(&f->out, text.ptr[i]);
    }
    buf_add_char(&f->out, '"');
}

static void cell_int(struct csv *f, int64_t n)
{
    cell(f, str_format(f->call->mem, "%lld", (long long)n));
}

static void cell_time(struct csv *f, int64_t at, const struct zone *zone)
{
    if (!at) {
        cell(f, S(""));
        return;
    }
    struct civil t = zone_civil(zone, at);
    cell(f, str_format(f->call->mem, "%04d-%02d-%02d %02d:%02d:%02d", t.year, t.month, t.day,
                       t.hour, t.minute, t.second));
}

/* Codes as people read them. */
static const struct {
    const char *code, *zh, *en;
} words[] = {
    {"opened", "已打开", "opened"},
    {"waiting", "等待接入", "waiting"},
    {"active", "进行中", "active"},
    {"closed", "已结束", "closed"},
    {"visitor", "访客", "visitor"},
    {"agent", "咨询员", "agent"},
    {"system", "系统", "system"},
    {"none", "", ""},
    {"visitor_left", "访客结束", "visitor left"},
    {"agent_closed", "咨询员结束", "agent closed"},
    {"timeout", "超时", "timeout"},
    {"message_left", "留言", "message left"},
    {"direct", "直接访问", "direct"},
    {"search", "自然搜索", "search"},
    {"ad", "搜索广告", "ad"},
    {"social", "社交与短视频", "social"},
    {"ai", "AI 助手", "AI assistant"},
    {"email", "邮件", "email"},
    {"link", "外部链接", "link"},
    {"campaign", "活动", "campaign"},
    {"unknown", "未知", "unknown"},
    {"phone", "手机", "phone"},
    {"tablet", "平板", "tablet"},
    {"desktop", "电脑", "desktop"},
    {"unasked", "未询问", "not asked"},
    {"granted", "同意", "granted"},
    {"refused", "不同意", "refused"},
    {"withdrawn", "已撤回", "withdrawn"},
};

static void cell_word(struct csv *f, str code)
{
    for (size_t i = 0; i < COUNT(words); i++) {
        if (str_eq(code, str_of(words[i].code))) {
            cell(f, str_of(f->call->language == LANGUAGE_EN ? words[i].en : words[i].zh));
            return;
        }
    }
    cell(f, code);
}

static void end_row(struct csv *f)
{
    buf_add(&f->out, S("\r\n"));
    f->in_row = false;
}

/* Column heads in both languages; the order of row(). */
static const struct {
    const char *zh, *en;
} heads[] = {
    {"对话编号", "Conversation"},
    {"站点", "Site"},
    {"访客", "Visitor"},
    {"称呼", "Name"},
    {"状态", "State"},
    {"咨询员", "Agent"},
    {"打开时间", "Opened"},
    {"开始时间", "Started"},
    {"接入时间", "Taken"},
    {"结束时间", "Closed"},
    {"结束方", "Ended by"},
    {"结束原因", "End reason"},
    {"访客消息数", "Visitor messages"},
    {"咨询员消息数", "Agent messages"},
    {"首次响应秒", "First response, s"},
    {"渠道", "Channel"},
    {"引擎", "Engine"},
    {"来源域名", "Source host"},
    {"搜索词", "Search term"},
    {"投放关键词", "Bid keyword"},
    {"初次访问网址", "Landing page"},
    {"来源网址", "Referrer"},
    {"对话来源", "Chat page"},
    {"咨询锚点", "Anchor"},
    {"设备", "Device"},
    {"系统", "System"},
    {"浏览器", "Browser"},
    {"保存同意", "Consent"},
};

static void head(struct csv *f)
{
    bool en = f->call->language == LANGUAGE_EN;
    for (size_t i = 0; i < COUNT(heads); i++)
        cell(f, str_of(en ? heads[i].en : heads[i].zh));
    for (size_t i = 0; i < f->dimension_count; i++)
        cell(f, en ? f->dimensions[i].name_en : f->dimensions[i].name_zh);
    end_row(f);
}

static str user_name(const struct csv *f, int64_t id)
{
    for (size_t i = 0; i < f->user_count; i++)
        if (f->users[i].id == id)
            return f->users[i].name;
    return S("");
}

static str label_name(const struct csv *f, const struct dimension *d, const struct mark *marks,
                      size_t count)
{
    bool en = f->call->language == LANGUAGE_EN;
    for (size_t m = 0; m < count; m++)
        for (size_t l = 0; marks[m].dimension_id == d->id && l < d->label_count; l++)
            if (d->labels[l].id == marks[m].label_id)
                return en ? d->labels[l].name_en : d->labels[l].name_zh;
    return S("");
}

static void row(struct csv *f, const struct conversation_view *view, const struct site_entry *site)
{
    const struct conversation *v = view->c;
    const struct zone *zone = site ? site->zone : zone_utc();
    int64_t first = conversation_first_response(v);
    char code[8];
    visitor_code(v->visitor_id, code);
    cell_int(f, v->id);
    cell(f, site ? site->site.name : S(""));
    cell(f, str_of(code));
    cell(f, view->visitor_name);
    cell_word(f, str_of(conversation_state_word(v->state)));
    cell(f, user_name(f, v->agent_id));
    cell_time(f, v->opened_at, zone);
    cell_time(f, v->started_at, zone);
    cell_time(f, v->taken_at, zone);
    cell_time(f, v->closed_at, zone);
    cell_word(f, str_of(sender_word(v->ended_by)));
    cell_word(f, str_of(end_reason_word(v->end_reason)));
    cell_int(f, v->visitor_count);
    cell_int(f, v->agent_count);
    cell(f, first < 0 ? S("") : str_format(f->call->mem, "%.1f", (double)first / 1000));
    const str texts[] = {v->engine,      v->source_host, v->search_term, v->bid_keyword,
                         v->landing_url, v->referrer,    v->chat_url,    v->anchor};
    cell_word(f, v->channel);
    for (size_t i = 0; i < COUNT(texts); i++)
        cell(f, contacts_mask_url(texts[i], f->call->mem));
    cell_word(f, v->device);
    cell(f, v->os);
    cell(f, v->browser);
    cell_word(f, str_of(consent_word(v->consent)));
    for (size_t i = 0; i < f->dimension_count; i++)
        cell(f, label_name(f, &f->dimensions[i], view->marks, view->mark_count));
    end_row(f);
}

static struct csv *csv_of(struct call *c)
{
    return c->work;
}

static err begin(struct call *c)
{
    struct csv *f = csv_of(c);
    err e = conversations_filter(c, &f->filter);
    if (!e.code)
        e = dimension_list(c->act.db, c->mem, &f->dimensions, &f->dimension_count);
    if (!e.code)
        e = user_list(c->act.db, c->mem, &f->users, &f->user_count);
    return e;
}

static err one_page(struct call *c)
{
    struct csv *f = csv_of(c);
    struct conversation *list;
    err e = conversation_list(c->act.db, c->mem, &f->filter, &list, &f->page);
    for (size_t i = 0; i < f->page && !e.code; i++) {
        struct conversation_view view;
        e = view_load(c->act.db, c->mem, c->web->vault, c->web->visits, &list[i], &view);
        if (!e.code)
            row(f, &view, site_of_id(c->web->sites, list[i].site_id));
    }
    if (e.code || !f->page)
        return e;
    const struct conversation *last = &list[f->page - 1];
    f->filter.before_started = last->started_at ? last->started_at : last->opened_at;
    f->filter.before_id = last->id;
    f->rows += f->page;
    return OK;
}

static err note_export(struct call *c)
{
    const struct csv *f = csv_of(c);
    return call_audit(c, "export.conversations", S(""),
                      str_format(c->mem, "{\"rows\":%zu}", f->rows));
}

err on_conversations_csv(struct call *c)
{
    struct csv *f = arena_new(c->mem, struct csv, 1);
    f->call = c;
    c->work = f;
    err e = call_read(c, begin);
    if (e.code)
        return e;
    buf_init(&f->out, c->mem, 64 * 1024);
    buf_add(&f->out, S("\xef\xbb\xbf"));
    f->filter.limit = CSV_PAGE;
    head(f);
    do {
        e = call_read(c, one_page);
    } while (!e.code && f->page == CSV_PAGE && f->rows < CSV_ROWS);
    if (!e.code && f->rows >= CSV_ROWS)
        e = ERR(ERR_TOO_LARGE, "export_too_large");
    if (!e.code)
        e = call_write(c, note_export);
    c->body = buf_str(&f->out);
    c->content_type = S("text/csv; charset=utf-8");
    call_header(c, "Content-Disposition", S("attachment; filename=\"conversations.csv\""));
    return e;
}
