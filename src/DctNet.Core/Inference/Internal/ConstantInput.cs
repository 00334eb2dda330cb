using System.Runtime.InteropServices;
using Google.Protobuf;

namespace DctNet.Core.Inference;

/// <summary>Rewrites an ONNX model so that an input of it is a constant. Field numbers are those of onnx.proto.</summary>
internal static class ConstantInput
{
    private const int ModelGraph = 7;
    private const int GraphInitializer = 5, GraphInput = 11;
    private const int ValueInfoName = 1;
    private const int TensorDims = 1, TensorDataType = 2, TensorName = 8, TensorRawData = 9;
    private const int Float = 1;

    /// <param name="model">The bytes of an ONNX file.</param>
    /// <param name="value">Name, shape and values of the input.</param>
    /// <returns>The model without that input; the same as before where it has none of that name.</returns>
    /// <exception cref="InvalidProtocolBufferException">The model is cut off or damaged.</exception>
    public static byte[] Fix(byte[] model, NamedTensor value) =>
        Replace(model, ModelGraph, graph => Replace(graph, GraphInput, input => NameOf(input) == value.Name ? null : input, Initializer(value)));

    /// <summary>Copies a message with some fields replaced, or left out where the replacement is null.</summary>
    private static byte[] Replace(byte[] message, int field, Func<byte[], byte[]?> replacement, Action<CodedOutputStream>? addition = null)
    {
        using var result = new MemoryStream(message.Length + 256);
        using var output = new CodedOutputStream(result, leaveOpen: true);
        var input = new CodedInputStream(message);
        var start = 0;
        var replaced = false;
        for (var tag = input.ReadTag(); tag != 0; start = (int)input.Position, tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) != field)
            {
                input.SkipLastField();
                output.Flush();
                result.Write(message, start, (int)input.Position - start);
                continue;
            }

            var old = input.ReadBytes().ToByteArray();
            var bytes = replacement(old);
            replaced |= !ReferenceEquals(bytes, old);
            if (bytes is not null)
            {
                Bytes(output, field, bytes);
            }
        }

        if (replaced)
        {
            addition?.Invoke(output);
        }

        output.Flush();
        return result.ToArray();
    }

    private static string NameOf(byte[] valueInfo)
    {
        var input = new CodedInputStream(valueInfo);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == ValueInfoName)
            {
                return input.ReadString();
            }

            input.SkipLastField();
        }

        return "";
    }

    private static Action<CodedOutputStream> Initializer(NamedTensor value) => graph =>
    {
        using var tensor = new MemoryStream();
        using var output = new CodedOutputStream(tensor, leaveOpen: true);
        foreach (var length in value.Shape)
        {
            output.WriteTag(TensorDims, WireFormat.WireType.Varint);
            output.WriteInt64(length);
        }

        output.WriteTag(TensorDataType, WireFormat.WireType.Varint);
        output.WriteInt32(Float);
        output.WriteTag(TensorName, WireFormat.WireType.LengthDelimited);
        output.WriteString(value.Name);
        Bytes(output, TensorRawData, MemoryMarshal.AsBytes(value.Data.Span).ToArray());
        output.Flush();
        Bytes(graph, GraphInitializer, tensor.ToArray());
    };

    private static void Bytes(CodedOutputStream output, int field, byte[] bytes)
    {
        output.WriteTag(field, WireFormat.WireType.LengthDelimited);
        output.WriteBytes(UnsafeByteOperations.UnsafeWrap(bytes));
    }
}
