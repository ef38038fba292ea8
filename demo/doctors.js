// One page, three addresses: the choice of a department changes the address without a reload.
(function () {
    'use strict';
    var tabs = [].slice.call(document.querySelectorAll('[data-dept]'));
    var panels = [].slice.call(document.querySelectorAll('[data-panel]'));

    function show() {
        var wanted = new URLSearchParams(location.search).get('dept');
        var known = panels.some(function (p) { return p.dataset.panel === wanted; });
        if (!known) wanted = panels[0].dataset.panel;
        panels.forEach(function (p) {
            p.hidden = p.dataset.panel !== wanted;
            if (!p.hidden) document.title = p.dataset.name + '排班 - 松泉皮肤专科门诊部（演示）';
        });
        tabs.forEach(function (t) {
            if (t.dataset.dept === wanted) t.setAttribute('aria-current', 'page');
            else t.removeAttribute('aria-current');
        });
    }

    tabs.forEach(function (t) {
        t.addEventListener('click', function (e) {
            if (e.ctrlKey || e.metaKey || e.shiftKey) return;
            e.preventDefault();
            history.pushState(null, '', t.getAttribute('href'));
            show();
        });
    });
    addEventListener('popstate', show);
    show();
})();
