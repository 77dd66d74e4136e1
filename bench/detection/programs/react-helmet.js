'use strict';
// react-helmet keeps every mounted instance until `Helmet.renderStatic()` is called, which a server easily forgets. Each
// page has a title and what social networks ask for, as pages have: every rendering goes through all instances that are
// kept, and with a title alone there would have to be a hundred thousand of them.

const PROPERTIES = ['title', 'description', 'image', 'url', 'type', 'locale', 'site_name', 'updated_time'];
const META = PROPERTIES.flatMap((name) => [`og:${name}`, `twitter:${name}`]);

function setUp({ load, variant }) {
  const { createElement } = load('react');
  const { renderToString } = load('react-dom/server');
  const { Helmet } = load('react-helmet');
  Helmet.canUseDOM = false;
  return {
    operate(i) {
      const title = createElement('title', null, `page ${i}`);
      const meta = META.map((property) => createElement('meta', { key: property, property, content: `${property} ${i}` }));
      renderToString(createElement(Helmet, null, title, meta));
      if (variant === 'healthy') Helmet.renderStatic();
    },
  };
}

module.exports = { setUp };
