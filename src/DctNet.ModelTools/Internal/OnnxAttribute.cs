using static DctNet.ModelTools.Protobuf;

namespace DctNet.ModelTools;

/// <summary>Attributes as they stand in an ONNX file.</summary>
internal static class OnnxAttribute
{
    private const int TypeInteger = 2;

    public static byte[] Integer(string name, long value) => Message(attribute =>
    {
        String(attribute, 1, name);
        Varint(attribute, 3, value);
        Varint(attribute, 20, TypeInteger);
    });
}
