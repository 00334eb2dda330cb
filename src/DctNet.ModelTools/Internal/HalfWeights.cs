using System.Runtime.InteropServices;

namespace DctNet.ModelTools;

/// <summary>Stores weights as float16 and casts them back: half the file. ONNX Runtime folds the cast when it loads the network.</summary>
internal static class HalfWeights
{
    /// <summary>Smaller constants (sizes, scales) stay as they are.</summary>
    private const int LeastValues = 64;

    private const string To = "to";

    public static void Apply(OnnxFile file)
    {
        foreach (var tensor in file.Initialisers.Values.Where(IsWeight).ToArray())
        {
            var half = Array.ConvertAll(MemoryMarshal.Cast<byte, float>(tensor.Data).ToArray(), value => (Half)value);
            if (Array.Exists(half, value => !Half.IsFinite(value)))
            {
                continue;
            }

            var stored = new OnnxTensor($"{tensor.Name}.half", tensor.Shape, OnnxTensor.Float16, MemoryMarshal.AsBytes<Half>(half).ToArray());
            file.Initialisers.Remove(tensor.Name);
            file.Initialisers.Add(stored.Name, stored);
            file.Nodes.Insert(0, new OnnxNode("Cast", [stored.Name], [tensor.Name], [OnnxAttribute.Integer(To, OnnxTensor.Float)]));
        }
    }

    private static bool IsWeight(OnnxTensor tensor) => tensor.Type == OnnxTensor.Float && tensor.Data.Length >= LeastValues * sizeof(float);
}
