namespace DctNet.ModelTools;

/// <summary>A reduced network and its figures.</summary>
/// <param name="Onnx">An ONNX file with the inputs and outputs of the original.</param>
/// <param name="Losses">One for each photo and style.</param>
/// <param name="BytesBefore">Size of the original's file.</param>
public sealed record QuantizedNetwork(byte[] Onnx, IReadOnlyList<QuantizationLoss> Losses, long BytesBefore);
