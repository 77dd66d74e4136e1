'use strict';
// xstate 4 keeps every interpreter that was started and not stopped in a registry.

function setUp({ load, variant }) {
  const { createMachine, interpret } = load('xstate');
  const machine = createMachine({ id: 'light', initial: 'green', states: { green: { on: { GO: 'red' } }, red: {} } });
  return {
    operate() {
      const service = interpret(machine).start();
      service.send('GO');
      if (variant === 'healthy') service.stop();
    },
  };
}

module.exports = { setUp };
