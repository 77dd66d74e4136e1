'use strict';
// react-helmet keeps every mounted instance until `Helmet.renderStatic()` is called, which a server easily forgets. Each
// page has a title and some ten kilobytes of structured data for search engines: every rendering goes through all
// instances that are kept, and with a title alone there would have to be a hundred thousand of them.

function structuredData(i) {
  const offer = (_, at) => ({ '@type': 'Offer', sku: `${i}-${at}`, url: `/offers/${i}/${at}` });
  const offers = Array.from({ length: 150 }, offer);
  return JSON.stringify({ '@context': 'https://schema.org', '@type': 'Product', name: `product ${i}`, offers });
}

function setUp({ load, variant }) {
  const { createElement } = load('react');
  const { renderToString } = load('react-dom/server');
  const { Helmet } = load('react-helmet');
  Helmet.canUseDOM = false;
  return {
    operate(i) {
      const title = createElement('title', null, `page ${i}`);
      const data = createElement('script', { type: 'application/ld+json' }, structuredData(i));
      renderToString(createElement(Helmet, null, title, data));
      if (variant === 'healthy') Helmet.renderStatic();
    },
  };
}

module.exports = { setUp };
