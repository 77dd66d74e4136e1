'use strict';
// The dashboard's connection to the program: a stream of events that is reopened when it breaks,
// histories, actions. It draws nothing.

((page) => {
  // Between two tries after the stream was refused; a stream that broke is the browser's to mend.
  const RETRY_MS = 2000;

  /**
   * @param {{message: (message: object) => void, state: (state: 'live' | 'waiting') => void}} to
   */
  function connect({ message, state }) {
    const source = new EventSource('events');
    source.onopen = () => state('live');
    source.onmessage = ({ data }) => message(JSON.parse(data));
    source.onerror = () => {
      state('waiting');
      if (source.readyState !== EventSource.CLOSED) return;
      source.close();
      setTimeout(connect, RETRY_MS, { message, state });
    };
  }

  async function history(id) {
    const response = await fetch(`history?${id}`);
    if (!response.ok) throw new Error(await response.text());
    return response.json();
  }

  /** Runs an action in a program. Rejects with its error sentence. */
  async function act(id, action, snapshot) {
    const response = await fetch('act', {
      method: 'POST',
      headers: { 'content-type': 'application/json' },
      body: JSON.stringify({ id, action, snapshot }),
    });
    const isJson = response.headers.get('content-type')?.startsWith('application/json');
    const { value, error } = isJson ? await response.json() : { error: await response.text() };
    if (error) throw new Error(error);
    return value;
  }

  page.connection = { connect, history, act };
})((globalThis.memwatchPage ??= {}));
