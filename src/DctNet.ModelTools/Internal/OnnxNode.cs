namespace DctNet.ModelTools;

/// <summary>A node of an ONNX file; its attributes are kept as they were written.</summary>
internal sealed record OnnxNode(string Operation, string[] Inputs, string[] Outputs, IReadOnlyList<byte[]> Attributes);
