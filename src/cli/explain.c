#include "cli/cli.h"
#include "cli/data.h"

#include "label/contact.h"
#include "track/device.h"
#include "track/source.h"

#include <stdio.h>
#include <stdlib.h>

enum { CONTACTS_MOST = 64 };

static void source_line(struct json_out *j, str line, struct arena *mem)
{
    str landing, referrer;
    struct source s;
    (void)str_cut(line, '\t', &landing, &referrer);
    source_of(landing, referrer, mem, &s);
    json_str(j, "channel", str_of(s.channel));
    json_str(j, "engine", str_of(s.engine));
    json_str(j, "host", s.host);
    json_str(j, "search_term", s.search_term);
    json_str(j, "bid_keyword", s.bid_keyword);
    json_str(j, "provenance", str_of(s.provenance));
}

static void device_line(struct json_out *j, str line, struct arena *mem)
{
    struct device d;
    bool bot;
    (void)mem;
    device_of(line, &d, &bot);
    json_str(j, "kind", str_of(d.kind));
    json_str(j, "os", str_of(d.os));
    json_str(j, "browser", str_of(d.browser));
    json_bool(j, "bot", bot);
}

static void contacts_line(struct json_out *j, str line, struct arena *mem)
{
    struct found_contact found[CONTACTS_MOST];
    size_t count = contacts_find(line, mem, found, COUNT(found));
    json_begin_array(j, "contacts");
    for (size_t i = 0; i < count; i++) {
        json_begin_object(j, NULL);
        json_str(j, "kind", str_of(found[i].kind));
        json_str(j, "digits", found[i].digits);
        json_int(j, "from", found[i].from);
        json_int(j, "to", found[i].to);
        json_end_object(j);
    }
    json_end_array(j);
    json_str(j, "masked", contacts_mask_text(line, mem));
}

/* Every line of standard input becomes one JSON object on standard output. */
static int each_line(struct cli *c,
                     void (*explain)(struct json_out *j, str line, struct arena *mem))
{
    char *line = NULL;
    size_t room = 0;
    ssize_t len;
    while ((len = getline(&line, &room, stdin)) >= 0) {
        struct json_out j;
        str text = {line, len};
        if (str_ends(text, S("\n")))
            text = str_slice(text, 0, text.len - 1);
        if (str_ends(text, S("\r")))
            text = str_slice(text, 0, text.len - 1);
        text = str_clean(&c->mem, text);
        json_out_init(&j, &c->mem);
        json_begin_object(&j, NULL);
        explain(&j, text, &c->mem);
        json_end_object(&j);
        str object = json_done(&j);
        printf("%.*s\n", STR_ARG(object));
        arena_clear(&c->mem);
    }
    free(line);
    return ferror(stdin) ? 1 : 0;
}

static int run_source(struct cli *c)
{
    return each_line(c, source_line);
}

static int run_device(struct cli *c)
{
    return each_line(c, device_line);
}

static int run_contacts(struct cli *c)
{
    return each_line(c, contacts_line);
}

static const struct verb verbs[] = {
    {"source", "", 0, 0, run_source, "lines LANDING<tab>REFERRER: where a visit came from"},
    {"device", "", 0, 0, run_device, "lines of User-Agent: what is in hand, and whether a crawler"},
    {"contacts", "", 0, 0, run_contacts, "lines of text: phones in them, and the text masked"},
};
static const struct option options[] = {OPTION_JSON, OPTION_HELP};
static const struct command command = {"explain", verbs, COUNT(verbs), options, COUNT(options)};

int cli_explain(int argc, char **argv)
{
    return cli_run(&command, argc, argv);
}
