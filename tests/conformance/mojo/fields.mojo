"""Fields of the binding's structs by their names."""

from std.sys import size_of


def get_field[T: AnyType](record: T, name: String) raises -> UInt64:
    var names = materialize[reflect[T].field_names()]()
    comptime for i in range(reflect[T].field_count()):
        if name == names[i]:
            comptime F = reflect[T].field_at[i].T
            ref field = reflect[T].field_ref[i](record)
            comptime if size_of[F]() == 4:
                return UInt64(Pointer(to=field).unsafe_bitcast[UInt32]()[])
            else:
                return Pointer(to=field).unsafe_bitcast[UInt64]()[]
    raise Error("no such field: ", name)


def set_field[T: AnyType](mut record: T, name: String, value: UInt64) raises:
    var names = materialize[reflect[T].field_names()]()
    comptime for i in range(reflect[T].field_count()):
        if name == names[i]:
            comptime F = reflect[T].field_at[i].T
            ref field = reflect[T].field_ref[i](record)
            comptime if size_of[F]() == 4:
                Pointer(to=field).unsafe_bitcast[UInt32]()[] = UInt32(value)
            else:
                Pointer(to=field).unsafe_bitcast[UInt64]()[] = value
            return
    raise Error("no such field: ", name)
