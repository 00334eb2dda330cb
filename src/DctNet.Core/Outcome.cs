using System.Diagnostics.CodeAnalysis;

namespace DctNet.Core;

/// <summary>Either a value or the <see cref="Failure"/> that took its place.</summary>
/// <remarks>The default value holds neither; nothing makes one.</remarks>
public readonly struct Outcome<T>
    where T : notnull
{
    private readonly T? _value;

    private Outcome(T? value, Failure? failure) => (_value, Failure) = (value, failure);

    /// <summary>Null exactly when there is a value.</summary>
    public Failure? Failure { get; }

    public static implicit operator Outcome<T>(T value) => new(value, null);

    public static implicit operator Outcome<T>(Failure failure) => new(default, failure);

    /// <summary>True with the value; false with the failure.</summary>
    public bool TryGet([NotNullWhen(true)] out T? value, [NotNullWhen(false)] out Failure? failure)
    {
        (value, failure) = (_value, Failure);
        return failure is null;
    }
}
