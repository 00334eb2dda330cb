using DctNet.C2pa.Internal.Boxes;
using DctNet.C2pa.Internal.Claims;

namespace DctNet.C2pa;

/// <summary>A manifest store away from its file, as a repository keeps it.</summary>
public static class ManifestStore
{
    /// <summary>A store with nothing but the active manifest. It reads as before, but that the manifests of its ingredients are missing.</summary>
    /// <param name="store">A store, JUMBF.</param>
    /// <exception cref="C2paException">It is no store with a manifest.</exception>
    public static byte[] ActiveOnly(ReadOnlyMemory<byte> store)
    {
        try
        {
            return JumbfBox.Parse(store).Children.LastOrDefault(box => box.ContentType is BoxTypes.Manifest or BoxTypes.UpdateManifest) is { } active
                ? JumbfWriter.Superbox(BoxTypes.Store, Labels.Store, active.Bytes)
                : throw new C2paException("The manifest store has no manifest.");
        }
        catch (MalformedException problem)
        {
            throw new C2paException(problem.Message, problem);
        }
    }
}
