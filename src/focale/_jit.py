"""The decorators of compiled loops, with all their flags, and of steps in vectors.

A kernel calls only kernels of its own file and reads no module variable that
may change: numba's cache does not notice an edit in another file.
"""

from __future__ import annotations

import inspect
from collections.abc import Callable
from typing import Any, TypeVar

import numba
from llvmlite import ir
from numba.core.typing.templates import infer_global
from numba.extending import lower_builtin, models, register_model, type_callable

Function = TypeVar("Function", bound=Callable[..., object])


FLAGS = {"nogil": True, "error_model": "numpy", "no_cfunc_wrapper": True}


def kernel(function: Function) -> Function:
    """Compile a loop over arrays: no Python objects, no GIL, cached on disk."""
    compiled: Function = numba.njit(cache=True, **FLAGS)(function)
    return compiled


def subkernel(function: Function) -> Function:
    """A part of kernels, compiled with each that calls it; by itself it is plain Python.

    It takes less time to compile than a kernel, for it need not be callable from outside.
    """
    compiled = numba.njit(no_cpython_wrapper=True, **FLAGS)(function)
    infer_global(function, numba.types.Dispatcher(compiled))  # what a kernel finds by its name
    function.compiled = compiled  # type: ignore[attr-defined]  # numba does not keep it
    function.py_func = function  # type: ignore[attr-defined]
    return function


class Lanes(numba.types.Type):  # type: ignore[misc]
    """Numba's type of some numbers that the processor treats as one."""

    def __init__(self, element: Any, n: int) -> None:
        self.element, self.n = element, n
        super().__init__(name=f"{n} lanes of {element}")


@register_model(Lanes)
class LanesModel(models.PrimitiveModel):  # type: ignore[misc]
    """`Lanes` are vectors of LLVM."""

    def __init__(self, manager: Any, lanes: Lanes) -> None:
        element = manager.lookup(lanes.element).get_value_type()
        super().__init__(manager, lanes, ir.VectorType(element, lanes.n))


def intrinsic(returns: Any, emit: Callable[..., Any]) -> Callable[[Function], Function]:
    """Give a function of plain Python a second body, for the kernels that call it.

    Compilers do not find the vectors of every loop, so a few steps are written as vectors
    of LLVM, which become what the processor at hand has. The function itself says in Python
    what the step does, and is what a kernel calls when it runs as plain Python.

    Parameters
    ----------
    returns
        Numba's type of the result, or a function that says it from those of the arguments.
    emit
        Writes the step: called with a builder of LLVM code and the value of each argument,
        which is the address of the first element for an array.
    """

    def register(twin: Function) -> Function:
        def typed(*arguments: Any) -> Any:
            return returns if isinstance(returns, numba.types.Type) else returns(*arguments)

        typed.__signature__ = inspect.signature(twin)  # type: ignore[attr-defined]
        type_callable(twin)(lambda _context: typed)

        def lowered(context: Any, builder: Any, signature: Any, values: Any) -> Any:
            plain = [
                context.make_array(kind)(context, builder, value).data
                if isinstance(kind, numba.types.Array)
                else value
                for kind, value in zip(signature.args, values, strict=True)
            ]
            result = emit(builder, *plain)
            return context.get_dummy_value() if returns is numba.types.none else result

        lower_builtin(twin, numba.types.VarArg(numba.types.Any))(lowered)
        return twin

    return register
