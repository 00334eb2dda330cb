namespace DctNet.ModelTools;

/// <summary>An initialiser of an ONNX file.</summary>
/// <param name="Name">Of the value.</param>
/// <param name="Shape">Outermost dimension first.</param>
/// <param name="Type">TensorProto's number of it.</param>
/// <param name="Data">Little-endian values.</param>
internal sealed record OnnxTensor(string Name, long[] Shape, int Type, byte[] Data)
{
    public const int Float = 1, UInt8 = 2, Int8 = 3, Int32 = 6, Int64 = 7, Float16 = 10;
}
