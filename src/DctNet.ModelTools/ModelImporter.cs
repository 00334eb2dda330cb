using DctNet.Core;
using Google.Protobuf;

namespace DctNet.ModelTools;

/// <summary>
/// Converts DCT-Net from the formats in which it is published, TensorFlow Lite and the frozen TensorFlow graph, into ONNX.
/// </summary>
public static class ModelImporter
{
    /// <summary>Larger files are refused unread: DCT-Net is 3 to 6 MB.</summary>
    public const int MaxFileBytes = 64 << 20;

    /// <summary>Converts a file's content.</summary>
    /// <returns>
    /// The network, float32 <c>[H, W, 3]</c> B, G, R, 0..255 in and out, H and W multiples of 16; or why the file is not DCT-Net:
    /// cut off, hostile, of another format or another network.
    /// </returns>
    public static Outcome<ImportedNetwork> Import(byte[] file)
    {
        ArgumentNullException.ThrowIfNull(file);
        try
        {
            if (Refusal(file) is { } reason)
            {
                throw new ModelFormatException(reason);
            }

            var graph = TfLiteReader.Recognises(file) ? TfLiteReader.Read(file) : GraphDefReader.Read(file);
            return new ImportedNetwork(GraphConverter.Convert(graph), graph.Format);
        }
        catch (ModelFormatException e)
        {
            return Failed(e.Message);
        }
        catch (InvalidProtocolBufferException)
        {
            return Failed("it is cut off or damaged, or neither a TensorFlow Lite file nor a frozen TensorFlow graph");
        }
    }

    private static Failure Failed(string reason) => new(FailureCode.UnsupportedFormat, $"This is no DCT-Net that can be converted: {reason}.");

    /// <summary>What a file of a known other kind is; null for one that may be read.</summary>
    private static string? Refusal(ReadOnlySpan<byte> file) => file switch
    {
        [] => "the file is empty",
        { Length: > MaxFileBytes } => "it is larger than any DCT-Net",
        [(byte)'P', (byte)'K', ..] => "it is a ZIP archive (PyTorch, Keras or a package); give the .tflite or .pb file",
        [0x89, (byte)'H', (byte)'D', (byte)'F', ..] => "it is a Keras HDF5 file; give the .tflite or .pb file",
        [0x1f, 0x8b, ..] => "it is a gzip archive; unpack it and give the .tflite or .pb file",
        [0x08, ..] => "it is an ONNX file or a SavedModel; a .tflite file and a frozen graph (.pb) are converted",
        _ => null,
    };
}
