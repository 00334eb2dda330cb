using System.Buffers.Binary;
using System.Security.Cryptography;

namespace DctNet.Core.Watermark;

/// <summary>Every table of the format that depends on the key, derived once. Immutable.</summary>
internal sealed class KeySchedule
{
    /// <summary>Pilot phase sets per key. Which one a picture gets follows from its id, so averaging pictures mixes them.</summary>
    public const int PilotPool = 4;

    /// <summary>Share of the mark's energy in pilots; the rest carries data. Measured with the prototype.</summary>
    public const double PilotEnergy = 0.2;

    public const int IdBits = 64;
    public const int TagBits = 40;
    public const int PayloadBits = IdBits + TagBits;

    private const int PhaseSteps = 256;

    private readonly byte[] _macKey;
    private readonly byte[] _placementKey;

    public KeySchedule(WatermarkKey key)
    {
        KeyId = key.Id;
        _macKey = key.Derive("mac");
        _placementKey = key.Derive("placement");

        var isPilot = ChoosePilots(new KeyStream(key.Derive("carriers")));
        Pilots = [.. Enumerable.Range(0, CarrierGrid.Count).Where(i => isPilot[i])];
        Data = [.. Enumerable.Range(0, CarrierGrid.Count).Where(i => !isPilot[i])];
        PilotAmplitude = (float)Math.Sqrt(PilotEnergy / Pilots.Length);
        DataAmplitude = (float)Math.Sqrt((1 - PilotEnergy) / Data.Length);

        PilotPhases = [.. Enumerable.Range(0, PilotPool).Select(i => DrawPhases(new KeyStream(key.Derive($"pilot/{i}")), Pilots.Length))];
        DataPhases = DrawPhases(new KeyStream(key.Derive("phases")), Data.Length);
        (CodeBits, Flips) = DrawScrambling(new KeyStream(key.Derive("scrambling")), 2 * Data.Length);
    }

    public string KeyId { get; }

    /// <summary>Carriers whose value is known before decoding: whole symmetry orbits, so every orientation finds them all.</summary>
    public int[] Pilots { get; }

    /// <summary>The other carriers; each holds two coded bits, in its real and imaginary parts.</summary>
    public int[] Data { get; }

    public float PilotAmplitude { get; }

    public float DataAmplitude { get; }

    /// <summary>Unit phasors of the pilots, one set per pool entry, in the order of <see cref="Pilots"/>.</summary>
    public Phasor[][] PilotPhases { get; }

    /// <summary>Unit phasors that turn the data carriers, in the order of <see cref="Data"/>.</summary>
    public Phasor[] DataPhases { get; }

    /// <summary>Coded bit that dimension i carries; dimensions 2j and 2j+1 are the real and imaginary part of data carrier j.</summary>
    public int[] CodeBits { get; }

    /// <summary>Whether dimension i carries the complement of its coded bit.</summary>
    public bool[] Flips { get; }

    /// <summary>The first 40 bits of HMAC-SHA256(mac key, id as eight big-endian bytes).</summary>
    public ulong Tag(WatermarkId id)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Hash(_macKey, id, hash);
        return BinaryPrimitives.ReadUInt64BigEndian(hash) >> (64 - TagBits);
    }

    /// <summary>The 104 payload bits, most significant first: id, then tag.</summary>
    public UInt128 Payload(WatermarkId id) => ((UInt128)id.Value << TagBits) | Tag(id);

    /// <summary>Which pilot set marks this id, and by how many canonical pixels the tile is moved.</summary>
    public (int Pool, int OriginX, int OriginY) Placement(WatermarkId id)
    {
        Span<byte> hash = stackalloc byte[HMACSHA256.HashSizeInBytes];
        Hash(_placementKey, id, hash);
        return (hash[0] % PilotPool, hash[1] % CarrierGrid.TileSize, hash[2] % CarrierGrid.TileSize);
    }

    private static void Hash(byte[] key, WatermarkId id, Span<byte> hash)
    {
        Span<byte> message = stackalloc byte[sizeof(ulong)];
        BinaryPrimitives.WriteUInt64BigEndian(message, id.Value);
        HMACSHA256.HashData(key, message, hash);
    }

    private static bool[] ChoosePilots(KeyStream stream)
    {
        var orbits = new SortedDictionary<(int Larger, int Smaller), List<int>>();
        for (var i = 0; i < CarrierGrid.Count; i++)
        {
            var (u, v) = CarrierGrid.Bins[i];
            var orbit = (Math.Max(Math.Abs(u), v), Math.Min(Math.Abs(u), v));
            (orbits.TryGetValue(orbit, out var members) ? members : orbits[orbit] = []).Add(i);
        }

        var order = orbits.Values.ToArray();
        stream.Shuffle<List<int>>(order);
        var isPilot = new bool[CarrierGrid.Count];
        var chosen = 0;
        foreach (var orbit in order)
        {
            if ((chosen + orbit.Count) * 5 <= CarrierGrid.Count)
            {
                orbit.ForEach(i => isPilot[i] = true);
                chosen += orbit.Count;
            }
        }

        return isPilot;
    }

    private static Phasor[] DrawPhases(KeyStream stream, int count)
    {
        var phases = new Phasor[count];
        for (var i = 0; i < count; i++)
        {
            var (sin, cos) = Math.SinCos(2 * Math.PI * stream.NextByte() / PhaseSteps);
            phases[i] = new Phasor((float)cos, (float)sin);
        }

        return phases;
    }

    private static (int[] CodeBits, bool[] Flips) DrawScrambling(KeyStream stream, int dimensions)
    {
        var codeBits = new int[dimensions];
        var permutation = new int[PolarCode.Length];
        for (var start = 0; start < dimensions; start += permutation.Length)
        {
            for (var i = 0; i < permutation.Length; i++)
            {
                permutation[i] = i;
            }

            stream.Shuffle<int>(permutation);
            permutation.AsSpan(0, Math.Min(permutation.Length, dimensions - start)).CopyTo(codeBits.AsSpan(start));
        }

        var flips = new bool[dimensions];
        for (var i = 0; i < dimensions; i++)
        {
            flips[i] = (stream.NextByte() & 1) != 0;
        }

        return (codeBits, flips);
    }
}
