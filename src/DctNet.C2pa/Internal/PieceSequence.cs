using System.Buffers;

namespace DctNet.C2pa.Internal;

/// <summary>Pieces of memory as one sequence.</summary>
internal sealed class PieceSequence : ReadOnlySequenceSegment<byte>
{
    private PieceSequence(ReadOnlyMemory<byte> memory, long runningIndex) => (Memory, RunningIndex) = (memory, runningIndex);

    public static ReadOnlySequence<byte> Of(IReadOnlyList<ReadOnlyMemory<byte>> pieces)
    {
        var first = new PieceSequence(pieces[0], 0);
        var last = first;
        foreach (var piece in pieces.Skip(1))
        {
            var next = new PieceSequence(piece, last.RunningIndex + last.Memory.Length);
            (last.Next, last) = (next, next);
        }

        return new ReadOnlySequence<byte>(first, 0, last, last.Memory.Length);
    }
}
