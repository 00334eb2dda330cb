using System.Buffers;
using System.Runtime.InteropServices;
using System.Text;

namespace DctNet.Core.Inference;

/// <summary>
/// Rewrites an ONNX model so that an input of it is a constant. A model is a protobuf message; its few fields that matter here are read and
/// written as the wire format says (field numbers are those of onnx.proto), all others are copied as they are.
/// </summary>
public static class ConstantInput
{
    private const int ModelGraph = 7;
    private const int GraphInitializer = 5, GraphInput = 11;
    private const int ValueInfoName = 1;
    private const int TensorDims = 1, TensorDataType = 2, TensorName = 8, TensorRawData = 9;
    private const int Float = 1;

    private const int Varint = 0, Fixed64 = 1, LengthDelimited = 2, Fixed32 = 5;

    /// <summary>Makes an input a constant.</summary>
    /// <param name="model">The bytes of an ONNX file.</param>
    /// <param name="value">Name, shape and values of the input.</param>
    /// <returns>The model without that input; the same as before where it has none of that name.</returns>
    /// <exception cref="InvalidDataException">The model is cut off or damaged.</exception>
    public static byte[] Fix(ReadOnlySpan<byte> model, NamedTensor value)
    {
        var result = new ArrayBufferWriter<byte>(model.Length + 256);
        foreach (var field in new Fields(model))
        {
            if (field.Number == ModelGraph)
            {
                WriteBytes(result, ModelGraph, FixGraph(field.Content, value));
            }
            else
            {
                result.Write(field.Whole);
            }
        }

        return result.WrittenSpan.ToArray();
    }

    private static ReadOnlySpan<byte> FixGraph(ReadOnlySpan<byte> graph, NamedTensor value)
    {
        var result = new ArrayBufferWriter<byte>(graph.Length + 256);
        foreach (var field in new Fields(graph))
        {
            if (field.Number == GraphInput && NameOf(field.Content) == value.Name)
            {
                WriteBytes(result, GraphInitializer, Tensor(value));
            }
            else
            {
                result.Write(field.Whole);
            }
        }

        return result.WrittenSpan;
    }

    private static string NameOf(ReadOnlySpan<byte> valueInfo)
    {
        foreach (var field in new Fields(valueInfo))
        {
            if (field.Number == ValueInfoName)
            {
                return Encoding.UTF8.GetString(field.Content);
            }
        }

        return "";
    }

    private static ReadOnlySpan<byte> Tensor(NamedTensor value)
    {
        var result = new ArrayBufferWriter<byte>();
        foreach (var length in value.Shape)
        {
            WriteVarint(result, (TensorDims << 3) | Varint);
            WriteVarint(result, (ulong)length);
        }

        WriteVarint(result, (TensorDataType << 3) | Varint);
        WriteVarint(result, Float);
        WriteBytes(result, TensorName, Encoding.UTF8.GetBytes(value.Name));
        WriteBytes(result, TensorRawData, MemoryMarshal.AsBytes(value.Data.Span));
        return result.WrittenSpan;
    }

    private static void WriteBytes(ArrayBufferWriter<byte> output, int field, ReadOnlySpan<byte> bytes)
    {
        WriteVarint(output, (ulong)((field << 3) | LengthDelimited));
        WriteVarint(output, (ulong)bytes.Length);
        output.Write(bytes);
    }

    private static void WriteVarint(ArrayBufferWriter<byte> output, ulong value)
    {
        for (; value > 0x7f; value >>= 7)
        {
            output.Write([(byte)(value | 0x80)]);
        }

        output.Write([(byte)value]);
    }

    /// <summary>The fields of a message, in order.</summary>
    private ref struct Fields(ReadOnlySpan<byte> message)
    {
        private ReadOnlySpan<byte> _rest = message;

        public Field Current { get; private set; }

        public readonly Fields GetEnumerator() => this;

        public bool MoveNext()
        {
            if (_rest.IsEmpty)
            {
                return false;
            }

            var whole = _rest;
            var tag = ReadVarint();
            ReadOnlySpan<byte> content = [];
            switch (tag & 7)
            {
                case Varint:
                    ReadVarint();
                    break;
                case Fixed64:
                    Take(sizeof(ulong));
                    break;
                case LengthDelimited:
                    content = Take(ReadVarint());
                    break;
                case Fixed32:
                    Take(sizeof(uint));
                    break;
                default:
                    throw new InvalidDataException($"The model has a field of wire type {tag & 7}.");
            }

            Current = new Field((int)(tag >> 3), whole[..^_rest.Length], content);
            return true;
        }

        private ulong ReadVarint()
        {
            var value = 0UL;
            for (var shift = 0; shift < 64; shift += 7)
            {
                var next = Take(1)[0];
                value |= (ulong)(next & 0x7f) << shift;
                if (next < 0x80)
                {
                    return value;
                }
            }

            throw new InvalidDataException("The model has a number of more than 64 bits.");
        }

        private ReadOnlySpan<byte> Take(ulong length)
        {
            if (length > (ulong)_rest.Length)
            {
                throw new InvalidDataException("The model is cut off.");
            }

            var taken = _rest[..(int)length];
            _rest = _rest[(int)length..];
            return taken;
        }
    }

    /// <param name="number">Its number.</param>
    /// <param name="whole">With its tag.</param>
    /// <param name="content">Its bytes where it is a message, a string or bytes.</param>
    private readonly ref struct Field(int number, ReadOnlySpan<byte> whole, ReadOnlySpan<byte> content)
    {
        public int Number { get; } = number;

        public ReadOnlySpan<byte> Whole { get; } = whole;

        public ReadOnlySpan<byte> Content { get; } = content;
    }
}
