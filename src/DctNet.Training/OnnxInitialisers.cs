using System.Runtime.InteropServices;
using Google.Protobuf;

namespace DctNet.Training;

/// <summary>Reads the float32 weights of an ONNX file, by name. Field numbers are those of onnx.proto.</summary>
internal static class OnnxInitialisers
{
    private const int ModelGraph = 7;
    private const int GraphInitializer = 5;
    private const int TensorDims = 1;
    private const int TensorName = 8;
    private const int TensorRawData = 9;
    private const int TensorFloatData = 4;

    public static Dictionary<string, (long[] Shape, float[] Values)> Read(string path)
    {
        var result = new Dictionary<string, (long[], float[])>(StringComparer.Ordinal);
        foreach (var graph in Messages(File.ReadAllBytes(path), ModelGraph))
        {
            foreach (var tensor in Messages(graph, GraphInitializer))
            {
                var (name, shape, values) = Tensor(tensor);
                result[name] = (shape, values);
            }
        }

        return result;
    }

    private static IEnumerable<byte[]> Messages(byte[] message, int field)
    {
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            if (WireFormat.GetTagFieldNumber(tag) == field)
            {
                yield return input.ReadBytes().ToByteArray();
            }
            else
            {
                input.SkipLastField();
            }
        }
    }

    private static (string Name, long[] Shape, float[] Values) Tensor(byte[] message)
    {
        var (name, shape, values) = ("", new List<long>(), Array.Empty<float>());
        var input = new CodedInputStream(message);
        for (var tag = input.ReadTag(); tag != 0; tag = input.ReadTag())
        {
            switch (WireFormat.GetTagFieldNumber(tag))
            {
                case TensorDims when WireFormat.GetTagWireType(tag) == WireFormat.WireType.Varint:
                    shape.Add(input.ReadInt64());
                    break;
                case TensorDims:
                    var packed = input.ReadBytes().CreateCodedInput();
                    while (!packed.IsAtEnd)
                    {
                        shape.Add(packed.ReadInt64());
                    }

                    break;
                case TensorName:
                    name = input.ReadString();
                    break;
                case TensorRawData or TensorFloatData:
                    values = MemoryMarshal.Cast<byte, float>(input.ReadBytes().Span).ToArray();
                    break;
                default:
                    input.SkipLastField();
                    break;
            }
        }

        return (name, [.. shape], values);
    }
}
