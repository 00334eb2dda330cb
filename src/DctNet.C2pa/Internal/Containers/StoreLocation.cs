namespace DctNet.C2pa.Internal.Containers;

/// <summary>Where a file's manifest store was found.</summary>
/// <param name="Store">The JUMBF superbox, put together where the container has it in parts.</param>
/// <param name="Range">The bytes of the file that hold it with the container's own framing.</param>
internal sealed record StoreLocation(ReadOnlyMemory<byte> Store, ByteRange Range);
