using System.Runtime.InteropServices;
using System.Text;

namespace DctNet.Training;

/// <summary>Everything a run needs to go on: names of the styles, step, best score, the optimiser's four vectors.</summary>
/// <remarks>The random numbers of step n depend on n alone, so the step is the generator's whole state.</remarks>
internal sealed class Checkpoint
{
    private const uint Magic = 0x314b4344; // "DCK1"
    private const int VectorCount = 4;

    public required IReadOnlyList<string> Styles { get; init; }

    public long Step { get; init; }

    /// <summary>Best mean validation SSIM so far.</summary>
    public double Best { get; init; }

    /// <summary>Weights, their average, and Adam's first and second moment, flat, in the order of <see cref="ConditionalUNet.Parameters"/>.</summary>
    public required IReadOnlyList<float[]> Vectors { get; init; }

    /// <summary>The averaged weights: what is exported.</summary>
    public float[] Average => Vectors[1];

    /// <summary>Writes beside the final name, flushes to the disk and renames.</summary>
    /// <param name="path">The file.</param>
    /// <param name="compact">
    /// 16 bits a value, for keeping in version control: weights and average as float16, the moments as bfloat16, whose range they need.
    /// </param>
    public void Save(string path, bool compact = false)
    {
        Directory.CreateDirectory(Path.GetDirectoryName(Path.GetFullPath(path))!);
        var partial = path + ".partial";
        using (var file = File.Create(partial))
        using (var writer = new BinaryWriter(file, Encoding.UTF8))
        {
            writer.Write(Magic);
            writer.Write(Styles.Count);
            foreach (var style in Styles)
            {
                writer.Write(style);
            }

            writer.Write(Step);
            writer.Write(Best);
            writer.Write(compact);
            for (var i = 0; i < VectorCount; i++)
            {
                writer.Write(Vectors[i].Length);
                writer.Write(compact ? Pack(Vectors[i], IsMoment(i)) : MemoryMarshal.AsBytes<float>(Vectors[i]));
            }

            writer.Flush();
            file.Flush(flushToDisk: true);
        }

        File.Move(partial, path, overwrite: true);
    }

    /// <exception cref="InvalidDataException">The file is no checkpoint of this version.</exception>
    public static Checkpoint Load(string path)
    {
        using var reader = new BinaryReader(File.OpenRead(path), Encoding.UTF8);
        if (reader.ReadUInt32() != Magic)
        {
            throw new InvalidDataException($"{path} is no checkpoint of this version.");
        }

        var styles = new string[reader.ReadInt32()];
        for (var i = 0; i < styles.Length; i++)
        {
            styles[i] = reader.ReadString();
        }

        var (step, best, compact) = (reader.ReadInt64(), reader.ReadDouble(), reader.ReadBoolean());
        var vectors = new List<float[]>();
        for (var i = 0; i < VectorCount; i++)
        {
            var vector = new float[reader.ReadInt32()];
            if (compact)
            {
                var packed = new ushort[vector.Length];
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(packed.AsSpan()));
                Unpack(packed, vector, IsMoment(i));
            }
            else
            {
                reader.BaseStream.ReadExactly(MemoryMarshal.AsBytes(vector.AsSpan()));
            }

            vectors.Add(vector);
        }

        return new Checkpoint { Styles = styles, Step = step, Best = best, Vectors = vectors };
    }

    private static bool IsMoment(int vector) => vector >= 2;

    private static ReadOnlySpan<byte> Pack(float[] values, bool brain)
        => MemoryMarshal.AsBytes<ushort>(values
            .Select(value => brain ? (ushort)(BitConverter.SingleToUInt32Bits(value) >> 16) : BitConverter.HalfToUInt16Bits((Half)value))
            .ToArray());

    private static void Unpack(ushort[] packed, float[] values, bool brain)
    {
        for (var i = 0; i < values.Length; i++)
        {
            values[i] = brain ? BitConverter.UInt32BitsToSingle((uint)packed[i] << 16) : (float)BitConverter.UInt16BitsToHalf(packed[i]);
        }
    }
}
