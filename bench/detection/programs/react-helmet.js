'use strict';
// react-helmet keeps every mounted instance until `Helmet.renderStatic()` is called, which a server easily forgets. Each
// page hands some twenty kilobytes of state to the browser, as an attribute of its body: every rendering goes through all
// instances that are kept, and with a title alone there would have to be a hundred thousand of them.

function stateOf(i) {
  const items = Array.from({ length: 400 }, (_, at) => ({ sku: `${i}-${at}`, url: `/offers/${i}/${at}` }));
  return JSON.stringify({ page: i, items });
}

function setUp({ load, variant }) {
  const { createElement } = load('react');
  const { renderToString } = load('react-dom/server');
  const { Helmet } = load('react-helmet');
  Helmet.canUseDOM = false;
  return {
    operate(i) {
      const title = createElement('title', null, `page ${i}`);
      const body = createElement('body', { 'data-state': stateOf(i) });
      renderToString(createElement(Helmet, null, title, body));
      if (variant === 'healthy') Helmet.renderStatic();
    },
  };
}

module.exports = { setUp };
