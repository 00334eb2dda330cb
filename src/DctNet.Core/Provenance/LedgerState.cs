namespace DctNet.Core.Provenance;

/// <summary>What became of asking the ledger.</summary>
public enum LedgerState
{
    /// <summary>There was no mark to ask by.</summary>
    NotAsked,

    /// <summary>No ledger is kept.</summary>
    NotKept,

    /// <summary>The ledger could not be read.</summary>
    Unavailable,

    /// <summary>The mark is not on record: it was made where this ledger is not kept, or its record was erased or too old.</summary>
    NotFound,

    /// <summary>The mark is on record.</summary>
    Found,
}
