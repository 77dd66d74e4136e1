//! A signal that calls JavaScript without a JavaScript listener: the program's own handlers
//! keep working, and their count does not change.

use std::cell::RefCell;
use std::rc::Rc;

use napi::bindgen_prelude::Function;
use napi::threadsafe_function::{ThreadsafeFunction, ThreadsafeFunctionCallMode};
use napi::{Env, Status};

use crate::error::{Code, Result, error, internal};
use crate::v8::{AtEnd, Export, SignalWatch};

/// Unreferenced: it keeps no loop running.
type Call = ThreadsafeFunction<(), (), (), Status, false, true>;

/// One signal, or none.
pub(crate) struct SignalTrigger {
    call: Rc<RefCell<Option<Call>>>,
    watch: Rc<RefCell<Option<SignalWatch>>>,
    _at_end: AtEnd,
}

/// What JavaScript calls.
pub(crate) const EXPORTS: &[Export] = &[
    Export::new("SignalTrigger.new", |call| {
        call.hang(SignalTrigger::new(*call.env(), call.argument(1)?)?)
    }),
    Export::new("SignalTrigger.start", |call| {
        let trigger = call.native::<SignalTrigger>(0)?;
        call.answer(trigger.start(call.env(), call.argument(1)?)?)
    }),
    Export::new("SignalTrigger.stop", |call| {
        call.answer(call.native::<SignalTrigger>(0)?.stop())
    }),
];

impl SignalTrigger {
    /// What calls `on_signal` in the loop's next turn, once there is a signal to watch.
    pub(crate) fn new(env: Env, on_signal: Function<(), ()>) -> Result<Self> {
        let call = on_signal
            .build_threadsafe_function()
            .callee_handled::<false>()
            .weak::<true>()
            .build()
            .map_err(internal)?;
        let call = Rc::new(RefCell::new(Some(call)));
        let watch = Rc::new(RefCell::new(None));
        let at_end: (_, Rc<RefCell<Option<SignalWatch>>>) = (Rc::clone(&call), Rc::clone(&watch));
        let at_end = AtEnd::new(&env, move || {
            at_end.1.take();
            at_end.0.take();
        })?;
        Ok(Self {
            call,
            watch,
            _at_end: at_end,
        })
    }

    /// Watches the signal of this number from here on, and no other.
    pub(crate) fn start(&self, env: &Env, number: i32) -> Result<()> {
        let call = Rc::clone(&self.call);
        let watch = SignalWatch::start(env, number, move || {
            if let Some(call) = &*call.borrow() {
                call.call((), ThreadsafeFunctionCallMode::NonBlocking);
            }
        });
        let watch = watch.map_err(|failed| {
            let why = format!("the event loop does not watch signal {number}: error {failed}");
            error(Code::Internal, why)
        })?;
        self.watch.replace(Some(watch));
        Ok(())
    }

    /// Leaves the signal alone.
    pub(crate) fn stop(&self) {
        self.watch.take();
    }
}
