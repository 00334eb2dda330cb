using DctNet.Core.Inference;
using DctNet.Core.Models;

namespace DctNet.Core.Cartoon;

/// <summary>A catalog with its networks loaded. Whoever entered leaves by <see cref="Dispose"/>; the last to leave frees the networks.</summary>
internal sealed class ModelSet : IDisposable
{
    // One for the host.
    private int _users = 1;

    private ModelSet(ModelCatalog catalog, Cartoonizer cartoonizer) => (Catalog, Cartoonizer) = (catalog, cartoonizer);

    public ModelCatalog Catalog { get; }

    public Cartoonizer Cartoonizer { get; }

    public static Outcome<ModelSet> Open(string directory, InferenceOptions options)
    {
        if (!ModelCatalog.Load(directory).TryGet(out var catalog, out var failure)
            || !Cartoonizer.Open(catalog, options).TryGet(out var cartoonizer, out failure))
        {
            return failure;
        }

        return new ModelSet(catalog, cartoonizer);
    }

    /// <summary>False when the networks are freed already.</summary>
    public bool TryEnter()
    {
        int users;
        do
        {
            users = Volatile.Read(ref _users);
            if (users <= 0)
            {
                return false;
            }
        }
        while (Interlocked.CompareExchange(ref _users, users + 1, users) != users);

        return true;
    }

    public void Dispose()
    {
        if (Interlocked.Decrement(ref _users) == 0)
        {
            Cartoonizer.Dispose();
        }
    }
}
