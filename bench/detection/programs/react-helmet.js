'use strict';
// react-helmet keeps every mounted instance until `Helmet.renderStatic()` is called, which a server easily forgets.

function setUp({ load, variant }) {
  const { createElement } = load('react');
  const { renderToString } = load('react-dom/server');
  const { Helmet } = load('react-helmet');
  Helmet.canUseDOM = false;
  return {
    operate(i) {
      renderToString(createElement(Helmet, null, createElement('title', null, `page ${i}`)));
      if (variant === 'healthy') Helmet.renderStatic();
    },
  };
}

module.exports = { setUp };
