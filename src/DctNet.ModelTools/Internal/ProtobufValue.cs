using System.Text;
using Google.Protobuf;

namespace DctNet.ModelTools;

/// <summary>The value of one field, read as what the schema says it is.</summary>
/// <param name="Number">Of a number.</param>
/// <param name="Bytes">Of a text, a message or a packed list; null for a number.</param>
internal readonly record struct ProtobufValue(ulong Number, ByteString? Bytes)
{
    public byte[] ToBytes() => Content.ToByteArray();

    public string ToText() => Encoding.UTF8.GetString(Content.Span);

    public long ToInt64() => Bytes is null ? (long)Number : throw Unexpected();

    public int ToInt32() => (int)ToInt64();

    public float ToFloat() => Bytes is null ? BitConverter.UInt32BitsToSingle((uint)Number) : throw Unexpected();

    /// <summary>One number of a repeated field, or all of a packed one.</summary>
    public IEnumerable<float> ToFloats() => Bytes is null ? [ToFloat()] : Packed(Bytes, input => input.ReadFloat());

    public IEnumerable<double> ToDoubles() =>
        Bytes is null ? [BitConverter.UInt64BitsToDouble(Number)] : Packed(Bytes, input => input.ReadDouble());

    public IEnumerable<long> ToIntegers() => Bytes is null ? [ToInt64()] : Packed(Bytes, input => input.ReadInt64());

    private ByteString Content => Bytes ?? throw Unexpected();

    private static IEnumerable<T> Packed<T>(ByteString bytes, Func<CodedInputStream, T> read)
    {
        var input = bytes.CreateCodedInput();
        while (!input.IsAtEnd)
        {
            yield return read(input);
        }
    }

    private static ModelFormatException Unexpected() => new("it is neither a TensorFlow Lite file nor a TensorFlow graph");
}
