'use strict';
// A clone of the i18next instance for each request, as its middleware makes one.

async function setUp({ load }) {
  const i18next = load('i18next');
  const instance = i18next.createInstance();
  await instance.init({
    lng: 'en',
    resources: { en: { translation: { hello: 'Hello {{name}}' } }, de: { translation: { hello: 'Hallo {{name}}' } } },
  });
  return {
    async operate(i) {
      const clone = instance.cloneInstance({ lng: i % 2 === 0 ? 'en' : 'de' });
      clone.t('hello', { name: `user ${i}` });
    },
  };
}

module.exports = { setUp };
