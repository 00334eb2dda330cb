using System.Collections;
using Google.Protobuf;

namespace DctNet.ModelTools;

/// <summary>The fields of a message in protobuf's wire format, in the order in which they were written.</summary>
internal sealed class ProtobufFields(byte[] message) : IEnumerable<(int Field, ProtobufValue Value)>
{
    public IEnumerator<(int Field, ProtobufValue Value)> GetEnumerator()
    {
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            ProtobufValue? value = WireFormat.GetTagWireType(tag) switch
            {
                WireFormat.WireType.Varint => new ProtobufValue(input.ReadUInt64(), null),
                WireFormat.WireType.Fixed64 => new ProtobufValue(input.ReadFixed64(), null),
                WireFormat.WireType.Fixed32 => new ProtobufValue(input.ReadFixed32(), null),
                WireFormat.WireType.LengthDelimited => new ProtobufValue(0, input.ReadBytes()),
                _ => null,
            };
            yield return value is { } read
                ? (WireFormat.GetTagFieldNumber(tag), read)
                : throw new ModelFormatException("it is neither a TensorFlow Lite file nor a TensorFlow graph");
        }
    }

    IEnumerator IEnumerable.GetEnumerator() => GetEnumerator();
}
