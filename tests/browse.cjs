// SPDX-License-Identifier: BSD-2-Clause
// Opens a page in headless Chromium at the width of a phone and of a desk, with all its details opened, and
// says what is wrong with it: text that runs out on the right, contrast that is too low, whatever it
// fetches, what the browser complains about.
//
// usage: node browse.cjs FILE PROFILE-FOLDER
'use strict';
const {spawn} = require('child_process');
const path = require('path');

const page = 'file://' + path.resolve(process.argv[2]);
const flags = ['--headless', '--no-sandbox', '--disable-gpu', '--disable-quic', '--no-first-run',
    '--disable-background-networking', '--disable-component-update', '--disable-sync',
    '--remote-debugging-pipe', `--user-data-dir=${process.argv[3]}`, 'about:blank'];
const chromium = spawn('chromium', flags, {stdio: ['ignore', 'ignore', 'ignore', 'pipe', 'pipe']});
const [, , , to, from] = chromium.stdio;
const faults = [];
const waiting = new Map();
const listeners = [];
let next = 0;
let buffer = '';

from.on('data', data => {
    const messages = (buffer += data).split('\0');
    buffer = messages.pop();
    for (const message of messages.map(JSON.parse)) {
        if (message.id)
            waiting.get(message.id)(message);
        else
            listeners.forEach(each => each(message));
    }
});

function send(method, params = {}, sessionId) {
    const id = ++next;
    to.write(JSON.stringify({id, method, params, sessionId}) + '\0');
    return new Promise((resolve, reject) => waiting.set(id, message =>
        message.error ? reject(new Error(`${method}: ${message.error.message}`)) : resolve(message.result)));
}

function once(method) {
    return new Promise(resolve => listeners.push(m => m.method === method && resolve(m.params)));
}

// Runs in the page.
function inspect() {
    const found = [];
    for (const details of document.querySelectorAll('details'))
        details.open = true;
    const wide = document.documentElement.scrollWidth - window.innerWidth;
    if (wide > 0)
        found.push(`scrolls sideways by ${wide} pixels`);
    const light = rgb => {
        const [r, g, b] = rgb.map(v => v / 255).map(v => v <= 0.04045 ? v / 12.92 : ((v + 0.055) / 1.055) ** 2.4);
        return 0.2126 * r + 0.7152 * g + 0.0722 * b;
    };
    const numbers = color => color.match(/[\d.]+/g).map(Number);
    const behind = e => {
        for (; e; e = e.parentElement) {
            const color = numbers(getComputedStyle(e).backgroundColor);
            if (color.length < 4 || color[3] > 0)
                return color.slice(0, 3);
        }
        return [255, 255, 255];
    };
    let looked = 0;
    for (const e of document.body.querySelectorAll('*')) {
        if (![...e.childNodes].some(n => n.nodeType === 3 && n.textContent.trim()))
            continue;
        if (e.closest('title, desc'))
            continue;
        const style = getComputedStyle(e);
        const ink = numbers(e.closest('svg') ? style.fill : style.color).slice(0, 3);
        const [low, high] = [light(ink), light(behind(e))].sort((a, b) => a - b);
        const contrast = (high + 0.05) / (low + 0.05);
        looked++;
        if (contrast < 4.5)
            found.push(`contrast ${contrast.toFixed(2)}: ${e.textContent.slice(0, 40)}`);
        if (parseFloat(style.fontSize) < 12)
            found.push(`letters of ${style.fontSize}: ${e.textContent.slice(0, 40)}`);
    }
    if (looked < 50)
        found.push(`only ${looked} texts`);
    return found;
}

async function look(width, height) {
    const {targetId} = await send('Target.createTarget', {url: 'about:blank'});
    const {sessionId} = await send('Target.attachToTarget', {targetId, flatten: true});
    listeners.push(m => {
        if (m.sessionId !== sessionId)
            return;
        if (m.method === 'Network.requestWillBeSent' && m.params.request.url !== page)
            faults.push(`${width}: fetches ${m.params.request.url}`);
        if (m.method === 'Log.entryAdded')
            faults.push(`${width}: ${m.params.entry.text}`);
    });
    for (const domain of ['Page', 'Network', 'Log', 'Runtime'])
        await send(`${domain}.enable`, {}, sessionId);
    await send('Emulation.setDeviceMetricsOverride',
        {width, height, deviceScaleFactor: 1, mobile: width < 600}, sessionId);
    const loaded = once('Page.loadEventFired');
    await send('Page.navigate', {url: page}, sessionId);
    await loaded;
    const {result, exceptionDetails} = await send('Runtime.evaluate',
        {expression: `(${inspect})()`, returnByValue: true}, sessionId);
    if (exceptionDetails)
        throw new Error(exceptionDetails.exception.description);
    result.value.forEach(fault => faults.push(`${width}: ${fault}`));
}

look(390, 844).then(() => look(1280, 900)).catch(error => faults.push(error.stack)).then(() => {
    chromium.kill('SIGKILL');
    faults.forEach(fault => console.log(fault));
    console.log(`${faults.length} faults`);
    process.exit(faults.length > 0 ? 1 : 0);
});
